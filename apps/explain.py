"""Shows why a model says what it says of pictures, and whether that is true.

    zoo explain --model=runs/first cat.jpg dog.jpg --output=page.html
    zoo explain --model=runs/first new/ --class=cat --against=dog

Writes a page: for each picture the maps of several methods beside one of
chance, and figures that say how far each method is to be believed; and what the
network has learned to see. With --data it also shows a data set as the network
sees it: a map of it, what excites a channel, what is most like each picture;
--projector=FOLDER writes that for tensorboard --logdir=FOLDER. Exit codes:
0 done, 2 a wrong request, 3 a picture that cannot be decoded (the others are
on the page), 4 a damaged file.
"""

import dataclasses

from apps.bar import Bar
from apps.checks import check_data
from apps.checks import check_model
from apps.checks import check_pictures
from apps.command import launch
from apps.command import say
from apps.new_places import check_new_file
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import WRITTEN
from apps.shared_settings import FinishedModel
from apps.shared_settings import orientation
from apps.shared_settings import output
from pipelines.data.orientations import UPRIGHT
from pipelines.evaluation.explanations.names import ALL
from pipelines.evaluation.explanations.names import NAMES
from pipelines.evaluation.explanations.names import chosen
from pipelines.pages.commands import command
from pipelines.runs.lying import orientation_for
from pipelines.runs.settings import row
from zoo.errors import DataError
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Explaining(FinishedModel):
    """What is explained of which pictures."""

    pictures: tuple[str, ...] = row(
        (),
        "JPEG, PNG, GIF, BMP, WebP or TIFF files, folders of them, or patterns "
        "such as 'new/**/*.jpg'.",
        group=GIVEN,
        is_flag=False,
    )
    data: str | None = row(
        None,
        "A data set to show as the network sees it, as the command features "
        "takes it.",
        group=GIVEN,
        usual="the pictures alone",
        common=True,
    )
    class_name: str | None = row(
        None,
        "Which class is explained; --class is the same.",
        group=HOW,
        usual="the likeliest of each picture",
        common=True,
    )
    against: str | None = row(
        None,
        "Another class: why the one and not the other.",
        group=HOW,
        usual="the class by itself",
        common=True,
    )
    methods: tuple[str, ...] = row(
        (),
        f"Which maps are drawn: some of {', '.join(NAMES)}; or {ALL}.",
        group=HOW,
        usual="those that take about as long as seeing a picture twice",
        common=True,
    )
    stage: str | None = row(
        None,
        "The stage whose maps are taken, such as stage3.",
        group=HOW,
        usual="the last one that has a map",
        common=True,
    )
    measured: bool = row(
        True,
        "Whether the maps are measured: what is left of the answer without "
        "what is hot, where the heat falls, what random weights show.",
        group=HOW,
        common=True,
    )
    seed: int = row(
        0, "Of all that is drawn by chance.", group=HOW, low=0, high=2**31 - 1
    )
    orientation: str | None = orientation()
    output: str = output("explanations.html", "The page to write, new.")
    npz: str | None = row(
        None,
        "A new .npz file for the maps as numbers: one array a method, and the "
        "names of the pictures.",
        group=WRITTEN,
    )
    projector: str | None = row(
        None,
        "A folder for the vectors and pictures of `data`, which TensorBoard's "
        "projector shows.",
        group=WRITTEN,
    )


def check(asked: Explaining) -> None:
    if not asked.pictures:
        usage = command("explain", "IMAGE…", model=asked.model)
        raise RequestError(f"No picture was named. Expected: {usage}")
    chosen(asked.methods)
    if asked.projector and not asked.data:
        raise RequestError("`projector` shows a data set. Give `data`.")
    check_model(asked.model, asked.weights)
    if asked.data:
        check_data(asked.data)
    check_pictures(asked.pictures)
    for name in ("output", "npz"):
        if getattr(asked, name) is not None:
            check_new_file(getattr(asked, name), name)
    if asked.npz and not asked.npz.endswith(".npz"):
        raise RequestError(
            f"Maps are written as .npz. Received: `npz={asked.npz}`"
        )


def run(asked: Explaining) -> None:
    from pipelines.data.sources.pictures_in import pictures_in
    from pipelines.evaluation.explanations.asking import explain_files
    from pipelines.evaluation.explanations.learned.section import (
        learned_section,
    )
    from pipelines.evaluation.explanations.network import ExplainedNetwork
    from pipelines.evaluation.explanations.page import write_explanations
    from pipelines.evaluation.saved_models import open_model

    network = ExplainedNetwork(
        open_model(asked.model, asked.weights), asked.stage
    )
    question = _question(asked)
    examples = _examples(asked, question.upright)
    files = pictures_in(asked.pictures)
    explained = explain_files(network, files, question)
    if asked.npz:
        explained.save_maps(asked.npz)
        say(f"maps: {asked.npz}")
    first = explained.pixels[0], explained.names[0]
    more = {"learned": learned_section(network.model, *first)}
    if examples is not None:
        more["seen_set"] = _seen_set(asked, explained, examples)
    write_explanations(asked.output, explained, model=asked.model, more=more)
    say(f"page: {asked.output}")
    if explained.bad:
        raise DataError(f"{'; '.join(explained.bad)}.")


def _examples(asked: Explaining, upright: bool):
    """The pictures of the data set, refused before any time is spent."""
    if not asked.data:
        return None
    from pipelines.data.checks import check_pictures as check_decoding
    from pipelines.features.pictures import open_every_picture
    from pipelines.features.projector import check_projector

    if asked.projector:
        check_projector(asked.projector)
    examples, _ = open_every_picture(asked.data, Bar("pictures", "picture"))
    examples = dataclasses.replace(examples, upright=upright)
    check_decoding(examples, progress=Bar("checking", "picture"))
    return examples


def _seen_set(asked: Explaining, explained, examples) -> dict:
    from pipelines.features.projector import write_projector
    from pipelines.features.seen_set import Viewer
    from pipelines.features.seen_set_section import seen_set_section

    network = explained.network
    viewer = Viewer(network.model, network.stage)
    seen_set = viewer.seen_set(examples, Bar("looking", "picture"))
    if asked.projector:
        write_projector(asked.projector, seen_set)
        say(
            f"projector: {asked.projector}; show it with tensorboard "
            f"--logdir={asked.projector}"
        )
    vectors = viewer.vectors(explained.pixels)
    return seen_set_section(seen_set, explained.names, vectors, asked.seed)


def _question(asked: Explaining):
    from pipelines.evaluation.explanations.asking import Question

    return Question(
        chosen(asked.methods),
        asked.class_name,
        asked.against,
        asked.measured,
        orientation_for(asked.model, asked.orientation) == UPRIGHT,
        asked.seed,
    )


def cli() -> None:
    launch(run, Explaining, word="pictures", check=check)


if __name__ == "__main__":
    cli()
