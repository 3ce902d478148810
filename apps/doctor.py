"""Says whether this machine can train, and what is wrong where it cannot.

    python -m apps.doctor --model=resnet50 --global_batch_size=32
    python -m apps.doctor faults --runs=/mnt/disk

A line for each check: processor, GPUs, versions, TF32, disk, all precisions,
one device against several and, where --model is given, some real steps of it.
Takes a minute. `faults` kills a small run with SIGKILL --kills times, goes on
with it each time and compares the end with that of a run left alone; takes
half a minute a kill. Exit codes: 0 all is well, 1 a check failed, 2 a wrong
request, 3 bad data.
"""

import json
import sys

from absl import flags

from apps.command import Bar
from apps.command import check_new_file
from apps.command import launch
from apps.command import say
from apps.run_flags import RUNS


def define_flags() -> None:
    flags.DEFINE_string("model", None, "A model to take some steps of.")
    flags.DEFINE_integer(
        "global_batch_size", 32, "Pictures a step, for --model.", lower_bound=1
    )
    flags.DEFINE_integer(
        "image_size", None, "In pixels; the model's own.", lower_bound=8
    )
    flags.DEFINE_enum(
        "precision",
        "auto",
        ("auto", "float32", "bfloat16", "float16"),
        "As apps.train takes it, for --model.",
    )
    flags.DEFINE_string(
        "data", None, "Pictures, to say how long an epoch of --model takes."
    )
    flags.DEFINE_string("runs", RUNS, "The folder that runs are written to.")
    flags.DEFINE_integer(
        "kills", 5, "How often `faults` kills the run.", lower_bound=1
    )
    flags.DEFINE_string("output", None, "A new JSON file for what was found.")


def _examine(values) -> int:
    from pipelines.doctor import Request
    from pipelines.doctor import examine
    from zoo.errors import RequestError

    if values.data and not values.model:
        raise RequestError("--data is for timing a model. Give --model, too.")
    findings = examine(
        Request(
            runs=values.runs,
            model=values.model,
            image_size=values.image_size,
            batch_size=values.global_batch_size,
            precision=values.precision,
            data=values.data,
        ),
        say,
    )
    return _conclude(findings, values.output)


def _kill(values) -> int:
    from pipelines.doctor import check_kills

    trainer = [sys.executable, "-m", "apps.train"]
    bar = Bar("killing", "kill")
    finding = check_kills(trainer, values.runs, values.kills, progress=bar)
    say(str(finding))
    return _conclude([finding], values.output)


def _conclude(findings, output: str | None) -> int:
    """Says in one line what failed, and returns the exit code."""
    failed = [finding.name for finding in findings if not finding.ok]
    say(f"failed: {', '.join(failed)}" if failed else "all is well")
    if output:
        found = {"findings": [finding.as_dict() for finding in findings]}
        with open(output, "x", encoding="utf-8") as file:
            json.dump(found, file, indent=2)
    return 1 if failed else 0


# By the word beside the flags; each returns the exit code.
SUBJECTS = {"machine": _examine, "faults": _kill}


def run(words: list[str]) -> None:
    from zoo.errors import RequestError

    words = words or ["machine"]
    if len(words) != 1 or words[0] not in SUBJECTS:
        raise RequestError(
            f"Expected nothing or one of: {', '.join(SUBJECTS)}. "
            f"Received: {' '.join(words)}"
        )
    values = flags.FLAGS
    if values.output:
        check_new_file(values.output)
    code = SUBJECTS[words[0]](values)
    if code:
        sys.exit(code)


def cli() -> None:
    launch(run, define_flags, arguments=True)


if __name__ == "__main__":
    cli()
