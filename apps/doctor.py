"""Says whether this machine can train, and what is wrong where it cannot.

    zoo doctor --model=resnet50 --global_batch_size=32
    zoo doctor faults --runs=/mnt/disk

A line for each check: processor, GPUs, versions, TF32, disk, all precisions,
one device against several and, where --model is given, some real steps of it.
Takes a minute. `faults` kills small runs of --settings with SIGKILL, --kills
times each, goes on each time and compares what they leave with what runs left
alone do; takes about ten seconds a kill. Exit codes: 0 all is well, 1 a check
failed, 2 a wrong request, 3 bad data.
"""

import dataclasses
import sys

import zoo
from apps.bar import Bar
from apps.checks import check_data
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.new_places import check_new_file
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import Asked
from apps.shared_settings import batch
from apps.shared_settings import data
from apps.shared_settings import output
from pipelines.doctor.kinds import kinds_asked
from pipelines.runs.config import RunConfig
from pipelines.runs.places import RUNS
from pipelines.runs.settings import changed
from pipelines.runs.settings import row
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

_MACHINE, _FAULTS = ("subject", ("machine",)), ("subject", ("faults",))
_OF_A_MODEL = {"only_with": _MACHINE, "needs": ("model",)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Examination(Asked):
    """What is looked at."""

    subject: str = row(
        "machine",
        "What is looked at.",
        group=GIVEN,
        choices=("machine", "faults"),
        is_flag=False,
    )
    model: str | None = changed(
        RunConfig,
        "model",
        default=None,
        group=GIVEN,
        usual="no steps are taken",
        only_with=_MACHINE,
    )
    global_batch_size: int = batch(32, group=GIVEN, **_OF_A_MODEL)
    image_size: int | None = changed(
        RunConfig,
        "image_size",
        group=GIVEN,
        usual="the model's own",
        **_OF_A_MODEL,
    )
    precision: str = changed(RunConfig, "precision", group=GIVEN, **_OF_A_MODEL)
    data: str | None = data(
        None, usual="no epoch's time is told", **_OF_A_MODEL
    )
    runs: str = row(
        RUNS,
        "The folder that runs are written to.",
        group=GIVEN,
        common=True,
    )
    kills: int = row(
        5,
        "How often faults kills each run.",
        group=HOW,
        low=1,
        high=10**4,
        only_with=_FAULTS,
        common=True,
    )
    settings: tuple[str, ...] = row(
        ("mixed",),
        "The kinds of runs that faults kills, such as float16,folds; 'all' "
        "for all of them.",
        group=HOW,
        only_with=_FAULTS,
        common=True,
    )
    output: str | None = output(None, "A new JSON file for what was found.")


def check(asked: Examination) -> None:
    if asked.output:
        check_new_file(asked.output)
    if asked.model:
        zoo.model_info(asked.model)
    if asked.data:
        check_data(asked.data)
    if asked.subject == "faults":
        kinds_asked(asked.settings)


def _examine(asked: Examination):
    from pipelines.doctor.examination import Request
    from pipelines.doctor.examination import examine

    return examine(
        Request(
            runs=asked.runs,
            model=asked.model,
            image_size=asked.image_size,
            batch_size=asked.global_batch_size,
            precision=asked.precision,
            data=asked.data,
        ),
        tell,
    )


def _kill(asked: Examination):
    from pipelines.doctor.faults import check_kills

    return check_kills(
        asked.settings,
        asked.runs,
        asked.kills,
        progress=Bar("killing", "kill"),
        say=tell,
    )


def run(asked: Examination) -> None:
    findings = {"machine": _examine, "faults": _kill}[asked.subject](asked)
    failed = [finding.name for finding in findings if not finding.ok]
    say(f"failed: {', '.join(failed)}" if failed else "all is well")
    if asked.output:
        found = {"findings": [finding.as_dict() for finding in findings]}
        write_atomically(asked.output, dumps(found, indent=2).encode())
    if failed:
        sys.exit(1)


def cli() -> None:
    launch(run, Examination, word="subject", check=check)


if __name__ == "__main__":
    cli()
