"""Writes a model for phones, browsers, servers and other runtimes.

    zoo export --model=runs/first --format=onnx --output=exported

Pictures of any size go in as they were decoded, logits or probabilities come
out: resizing, cutting the middle out and scaling are inside, whatever the
format. The folder is there once the format's own runtime has loaded what was
written and answers pictures of --data (or drawn ones) as the model does. It
holds the model where servers look for it, labels.txt, signature.json, card.md,
check.json with what was found, and clients to begin with. --format=hub writes
no program but weights, a configuration and a card, as Hugging Face's Hub takes
them; --weights of every command reads such a folder. Exit codes: 0 done,
2 a wrong request, 3 bad data, 4 what was written answers otherwise.
"""

import dataclasses
import os

from apps.checks import check_data
from apps.checks import check_model
from apps.command import launch
from apps.command import say
from apps.shared_settings import HOW
from apps.shared_settings import WRITTEN
from apps.shared_settings import FinishedModel
from apps.shared_settings import data
from apps.shared_settings import output
from pipelines.export.formats import ANSWERS
from pipelines.export.formats import FLOAT16
from pipelines.export.formats import FLOAT32
from pipelines.export.formats import FORMATS
from pipelines.export.formats import HUB
from pipelines.export.formats import LOGITS
from pipelines.export.formats import check_format
from pipelines.export.whole_folder import refuse_if_there
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exporting(FinishedModel):
    """What is written as what."""

    format: str = required(
        "What is written. "
        + "; ".join(f"{each.name}: {each.title}" for each in FORMATS.values())
        + ".",
        group=WRITTEN,
        choices=tuple(FORMATS),
        common=True,
    )
    output: str = output(dataclasses.MISSING, "A new folder.")
    precision: str = row(
        FLOAT32,
        "Of the weights. For eight bits there is the command quantize.",
        group=HOW,
        choices=(FLOAT32, FLOAT16),
        common=True,
    )
    answer: str = row(
        LOGITS, "What comes out.", group=HOW, choices=ANSWERS, common=True
    )
    data: str | None = data(
        None,
        help="Whose held-out pictures judge what was written.",
        usual="pictures that are drawn",
    )


def check(asked: Exporting) -> None:
    refuse_if_there(asked.output)
    check_model(asked.model, asked.weights)
    check_format(asked.format, asked.precision)
    if asked.format == HUB.name and asked.answer != LOGITS:
        raise RequestError(
            f"`answer={asked.answer}` is of programs. `format={HUB.name}` "
            "writes weights, whose network returns logits."
        )
    if asked.data:
        check_data(asked.data)


def run(asked: Exporting) -> None:
    from pipelines.evaluation.saved_models import open_to_judge
    from pipelines.export.exporting import export_model
    from pipelines.export.hub_folder import export_to_hub
    from pipelines.export.web_page import PAGE

    opened = open_to_judge(asked.model, asked.weights)
    if asked.format == HUB.name:
        found = export_to_hub(
            *(opened.first, asked.output),
            data=asked.data,
            source=opened.source,
        )
        path, what = asked.output, "what is read back"
    else:
        written = export_model(
            opened.first,
            asked.output,
            asked.format,
            precision=asked.precision,
            answer=asked.answer,
            data=asked.data,
            source=opened.source,
        )
        found, what = written.check, "its own runtime"
        path = os.path.join(asked.output, written.file)
        if written.format.page:
            say(f"{os.path.join(asked.output, PAGE)}: a browser opens it")
    say(
        f"{path}: {what} differs from the model by at most "
        f"{found['largest_error']:.1g} of the standard deviation of its "
        f"answers, on {found['pictures']:,} pictures"
    )


def cli() -> None:
    launch(run, Exporting, check=check)


if __name__ == "__main__":
    cli()
