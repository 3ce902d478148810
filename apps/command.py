"""What all commands share: errors as one line, an exit code, a progress bar.

Nothing heavy is imported here or at the top of a command, so that `--help`
answers at once.
"""

import contextlib
import logging as standard_logging
import os
import shlex
import sys
from collections.abc import Callable

from absl import app
from absl import flags
from absl import logging

from apps.quiet import start_tensorflow

# Interrupted, and what had been reached is saved.
SAVED = 75
# Where flags are defined that several commands have.
_SHARED = "apps.run_flags"


def launch(
    run: Callable[..., None],
    define_flags: Callable[[], None],
    *,
    arguments: bool = False,
) -> None:
    """Runs a command under absl and exits.

    Args:
        run: The command; reads the flags, returns nothing. With `arguments`
            it is given what stands on the command line beside the flags.
        define_flags: Defines the command's flags.
        arguments: Whether anything may stand there.

    Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 a damaged file, 75
    interrupted and saved, 130 interrupted. A mistake of the user's is one
    line on the error stream.
    """
    define_flags()

    def main(argv):
        rest = argv[1:]
        if rest and not arguments:
            fail(f"unexpected argument {rest[0]!r} (flags are --name=value)", 2)
        _show_what_the_zoo_reports()
        try:
            start_tensorflow()
            with _showing_downloads():
                run(rest) if arguments else run()
        except KeyboardInterrupt:
            fail("interrupted", 130)
        except Exception as error:
            code = getattr(error, "exit_code", None)
            if code is None:
                raise
            fail(str(error), code, _how_to_go_on(code))

    app.run(main, flags_parser=lambda argv: _parse_flags(argv, run))


def _how_to_go_on(code: int) -> str:
    """The command that goes on, where there is something to go on with."""
    if code != SAVED:
        return ""
    words = [word for word in sys.argv[1:] if word != "--noresume"]
    if not any(word.startswith(("--output", "-output")) for word in words):
        words.append(f"--output={flags.FLAGS.output}")
    program = os.path.basename(sys.argv[0])
    start = [program]
    if program.endswith(".py"):
        start = ["python", "-m", f"apps.{program.removesuffix('.py')}"]
    command = shlex.join([*start, *words])
    return f". Go on with: {command}"


def fail(message: str, code: int, command: str = "") -> None:
    """Says what is wrong in one line, and a command as it is, and exits."""
    line = " ".join(message.split())
    print(f"error: {line}{command}", file=sys.stderr, flush=True)
    sys.exit(code)


def _parse_flags(argv, run):
    if any(word in ("-h", "-help", "--help") for word in argv[1:]):
        _show_help(run, full=False)
    if any(word in ("-helpfull", "--helpfull") for word in argv[1:]):
        _show_help(run, full=True)
    try:
        rest = flags.FLAGS(argv)
    except flags.Error as error:
        fail(f"{error} (--help lists the flags)", 2)
    # TensorFlow is chatty; absl shows its own messages from here on.
    logging.set_verbosity(logging.ERROR)
    return rest


def _show_what_the_zoo_reports() -> None:
    """Such as which weights were loaded, beside the command's own output."""
    reports = standard_logging.getLogger("zoo")
    reports.setLevel(standard_logging.INFO)
    reports.propagate = False
    reports.handlers = [standard_logging.StreamHandler(sys.stderr)]


@contextlib.contextmanager
def _showing_downloads():
    """A bar for each weight file that is fetched."""
    from zoo.weights.downloading import report_to

    bars: dict[str, Bar] = {}

    def report(name, received, total):
        bar = bars.setdefault(name, Bar(name, "B"))
        bar(received, total)

    with report_to(report):
        yield


def _show_help(run, *, full: bool) -> None:
    """absl's own finds neither text nor flags of an installed command."""
    main = run.__module__ == "__main__"
    module = sys.argv[0] if main else run.__module__
    shared = flags.FLAGS.get_flags_for_module(_SHARED)
    shown = flags.FLAGS.get_key_flags_for_module(module)
    print(sys.modules[run.__module__].__doc__)
    print(flags.FLAGS.module_help(module))
    if any(flag not in shown for flag in shared):
        print(
            flags.FLAGS.module_help(_SHARED)
            if full
            else "\n--helpfull lists more."
        )
    sys.exit(0)


def check_new_file(path: str) -> None:
    """Refuses to write over a file.

    Raises:
        RequestError: It is there already.
    """
    from zoo.errors import RequestError

    if os.path.exists(path):
        raise RequestError(
            f"--output={path} is there already. Give another name, or remove "
            "it first."
        )


def say(message: str) -> None:
    """Tells a person something, at once."""
    print(message, flush=True)


class Bar:
    """A progress bar on a terminal, silence elsewhere.

    Args:
        label: What is being done.
        unit: What is counted; "B" for bytes.
    """

    def __init__(self, label: str, unit: str):
        self._label = label
        self._unit = unit
        self._bar = None

    def __call__(self, done: int, total: int | None) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(
                total=total,
                desc=self._label,
                unit=self._unit,
                unit_scale=self._unit == "B",
                leave=False,
                disable=None,
            )
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.close()
            self._bar = None
