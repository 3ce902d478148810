"""What all commands share: words in, errors as one line, an exit code.

Nothing heavy is imported here or at the top of a command: `--help` answers at
once, and what is wrong with the words of a command is said before TensorFlow
is imported.
"""

import contextlib
import logging as standard_logging
import os
import re
import shlex
import sys
from collections.abc import Callable
from types import NoneType

from absl import app
from absl import flags
from absl import logging

from apps import run_flags
from apps.bar import Bar
from apps.help_page import example
from apps.help_page import help_page
from apps.listening import leave_quietly
from apps.quiet import start_tensorflow
from apps.system_errors import as_line
from apps.words import understood
from pipelines.pages.commands import called_as
from pipelines.pages.showing import shown
from pipelines.runs.interruption import end_by_sigterm
from pipelines.runs.settings import settings_of
from pipelines.runs.settings import types_of
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.heartbeat import speaking
from pipelines.waiting.work import work
from zoo.errors import RequestError
from zoo.weights.atomic import naming

# Interrupted, and what had been reached is saved.
SAVED = 75
# What sysexits.h calls EX_IOERR: the operating system refused.
BROKEN = 74
# Seconds after which a command that has said nothing says that it is there.
_AT_ONCE = 0.5
# Flags of absl that it does not list.
_UNLISTED = ("flagfile", "undefok")
_BREAK = re.compile(r"[^\S ]*\n\s*|[^\S \n]+")
_QUOTED = re.compile(r"`(\w+)(=[^`]*)?`")


def launch(
    run: Callable[..., None],
    *configs: type,
    word: str = "",
    check: Callable[..., None] | None = None,
    tensorflow: bool = True,
) -> None:
    """Runs a command under absl and exits.

    Args:
        run: The command; given one of each configuration.
        configs: The classes of its settings, a flag each.
        word: The setting that words beside the flags are; one word, or any
            number where the setting is a tuple.
        check: Given the same as `run`, before TensorFlow is imported; refuses
            what can be known to be wrong by then.
        tensorflow: Whether it is imported before the command runs.

    Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 a damaged file, 74
    what the operating system refuses, 75 interrupted and saved, 130
    interrupted. A mistake of the user's, and a full disk, is one line on the
    error stream.
    """
    prefix = prefix_of(sys.argv[0])
    called_as(prefix)
    run_flags.define(*configs)

    def main(argv):
        _show_what_the_zoo_reports()
        asked = ()
        try:
            asked = _read(argv[1:], configs, word, run)
            if check:
                check(*asked)
            if any("resume" in settings_of(config) for config in configs):
                end_by_sigterm()
            with heartbeat(), work(_name(run), after=None):
                if tensorflow:
                    with work("starting TensorFlow", after=_AT_ONCE):
                        start_tensorflow()
                with _showing_downloads():
                    run(*asked)
        except KeyboardInterrupt:
            fail("interrupted", 130)
        except OSError as error:
            fail(as_line(error), getattr(error, "exit_code", BROKEN))
        except Exception as error:
            code = getattr(error, "exit_code", None)
            if code is None:
                raise
            command = f"{prefix}{_name(run)}"
            fail(str(error), code, _how_to_go_on(code, command, asked))

    def parse(argv):
        return _parse_flags(argv, sys.modules[run.__module__].__doc__, configs)

    app.run(main, flags_parser=parse)


def prefix_of(program: str) -> str:
    """Returns what stands before a command's name where it is typed.

    Args:
        program: How this one was called, `sys.argv[0]`.
    """
    name = os.path.basename(program).removesuffix(".exe")
    if name.startswith("zoo"):
        return "zoo-" if name.startswith("zoo-") else "zoo "
    return "python -m apps " if name == "__main__.py" else "python -m apps."


def _name(run) -> str:
    module = sys.modules[run.__module__]
    full = module.__spec__.name if module.__spec__ else module.__name__
    return full.rpartition(".")[2]


def _parse_flags(argv, text: str, configs):
    words = argv[1:]
    for names, full in ((("-h", "-help", "--help"), False), (_FULL, True)):
        if any(word in names for word in words):
            prefix = prefix_of(argv[0])
            say(as_flags(help_page(text, configs, prefix, full=full)))
            sys.exit(0)
    names = [*flags.FLAGS, *_UNLISTED]
    switches = [name for name in flags.FLAGS if flags.FLAGS[name].boolean]
    try:
        rest = flags.FLAGS([argv[0], *understood(words, names, switches)])
    except (flags.Error, RequestError) as error:
        fail(str(error), 2)
    # TensorFlow is chatty; absl shows its own messages from here on.
    logging.set_verbosity(logging.ERROR)
    return rest


_FULL = ("-helpfull", "--helpfull")


def _read(words: list[str], configs, word: str, run) -> list:
    """Makes the configurations of flags and words."""
    found = []
    for config in configs:
        own = settings_of(config)
        given = _words(words, config, word) if word in own else {}
        try:
            found.append(run_flags.read(config, **given))
        except run_flags.MissingError as error:
            text = sys.modules[run.__module__].__doc__
            shown = example(text, prefix_of(sys.argv[0]))
            raise RequestError(
                f"`{error.name}` is missing. {own[error.name].sentence} For "
                f"example: {shown}"
            ) from None
    if words and not word:
        raise RequestError(_stray(words[0]))
    return found


def _words(words: list[str], config: type, name: str) -> dict:
    """The setting that the words beside the flags are."""
    if not words:
        return {}
    setting, kinds = settings_of(config)[name], types_of(config)[name]
    is_given = setting.is_flag and flags.FLAGS[name].present
    if kinds[0] is tuple:
        before = flags.FLAGS[name].value if is_given else ()
        return {name: (*before, *words)}
    stray = words if is_given else words[1:]
    if stray:
        raise RequestError(_stray(stray[0]))
    none = words[0] == "none" and NoneType in kinds
    return {name: None if none else words[0]}


def _stray(word: str) -> str:
    name, equals, value = word.partition("=")
    if equals and name in flags.FLAGS:
        return f"unexpected word {word!r}. Did you mean --{name}={value}?"
    return (
        f"unexpected word {word!r}. Flags are --name=value; --help lists them."
    )


def as_flags(text: str) -> str:
    """Writes the settings that a library speaks of as flags.

    Args:
        text: With settings in backticks, `name` or `name=value`; what is no
            flag of the running command stays as it is.
    """

    def flag(found):
        name, value = found.groups()
        if name not in flags.FLAGS:
            return found[0]
        return f"--{name}{value or ''}"

    return _QUOTED.sub(flag, text)


def _how_to_go_on(code: int, command: str, asked) -> str:
    """The command that goes on, where there is something to go on with."""
    if code != SAVED:
        return ""
    off = ("--noresume", "--no-resume", "--no_resume")
    words = [word for word in sys.argv[1:] if word not in off]
    if not flags.FLAGS["output"].present:
        # Behind "--" it would be no flag any more.
        words.insert(0, f"--output={asked[0].output}")
    return f". Go on with: {command} {shlex.join(words)}"


def fail(message: str, code: int, command: str = "") -> None:
    """Says what is wrong in one line, and a command as it is, and exits."""
    # Two blanks may be in the name of a folder.
    line = shown(_BREAK.sub(" ", as_flags(message).strip()))
    with speaking():
        print(f"error: {line}{command}", file=sys.stderr, flush=True)
    sys.exit(code)


def _show_what_the_zoo_reports() -> None:
    """Such as which weights were loaded, beside the command's own output."""
    reports = standard_logging.getLogger("zoo")
    reports.setLevel(standard_logging.INFO)
    reports.propagate = False
    reports.handlers = [_Reports(sys.stderr)]


class _Reports(standard_logging.StreamHandler):
    def emit(self, record):
        with speaking():
            super().emit(record)


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


def say(message: str) -> None:
    """Tells a person something, at once; see `shown` for what is not."""
    try:
        with speaking(), naming("the standard output"):
            print(shown(message), flush=True)
    except BrokenPipeError:
        # No other pipe that breaks may end a command without a word.
        leave_quietly()


def tell(message: str) -> None:
    """Tells a person what a library says."""
    say(as_flags(message))
