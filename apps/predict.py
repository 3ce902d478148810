"""Says what is on pictures: the five likeliest classes of each.

Of a multilabel model it is all classes that are likely enough by the
thresholds that its training chose, which may be none.

    zoo predict --model=runs/first cat.jpg dog.jpg new/

With --format=json a line of JSON a picture, with --format=csv a row of a
table; --page=answers.html shows the pictures. With --threshold=0.8 the answer
is "not sure" below it, with --promise=0.99 below that confidence from which on
99 % of the answers are right, by the pictures that the run held out. With
--flag_unlike it is said which pictures are like nothing it has learned, and
--sort_into=FOLDER copies each picture into the sub-folder of its class. Exit
codes: 0 done, 2 a wrong request, 3 a promise that cannot be kept or a picture
that cannot be decoded (the others are answered for), 4 a damaged file.
"""

import dataclasses
import os

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
from apps.shared_settings import tta
from pipelines.data.orientations import UPRIGHT
from pipelines.evaluation.sorting import Sorter
from pipelines.evaluation.sorting import check_sorting
from pipelines.evaluation.trust.promise_words import check_promise
from pipelines.pages.commands import command
from pipelines.runs.lying import orientation_for
from pipelines.runs.settings import row
from pipelines.waiting.work import work
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.weights.atomic import write_atomically
from zoo.weights.classes import ENGLISH
from zoo.weights.classes import languages

_ESCAPED = "backslashreplace"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Predicting(FinishedModel):
    """What is said of which pictures."""

    pictures: tuple[str, ...] = row(
        (),
        "JPEG, PNG, GIF, BMP, WebP or TIFF files, folders of them, or patterns "
        "such as 'new/**/*.jpg'.",
        group=GIVEN,
        is_flag=False,
    )
    top: int | None = row(
        None,
        "How many classes are named, the likeliest first.",
        group=HOW,
        usual="5, and of a multilabel model all that are likely enough",
        low=1,
        common=True,
    )
    format: str = row(
        "text",
        "How the answer is written.",
        group=HOW,
        choices=("text", "json", "csv"),
        common=True,
    )
    all_classes: bool = row(
        False,
        "Names every class with its probability; of csv in a column each.",
        group=HOW,
        common=True,
    )
    threshold: float | None = row(
        None,
        "Below this probability of the likeliest class the answer is 'not "
        "sure'.",
        group=HOW,
        low=0,
        high=1,
        common=True,
    )
    promise: float | None = row(
        None,
        "Instead of `threshold`: which share of the answers is right. From "
        "what confidence on it is kept, the pictures say that a run held out; "
        "where they are too few it is declined.",
        group=HOW,
        above=0,
        below=1,
        common=True,
    )
    flag_unlike: bool = row(
        False,
        "Says which pictures are like nothing that the model has learned; of "
        "a model that the command calibrate has written.",
        group=HOW,
        common=True,
    )
    language: str = row(
        ENGLISH,
        "What ImageNet's classes are named in.",
        group=HOW,
        choices=languages(),
        common=True,
    )
    tta: str = tta()
    orientation: str | None = orientation()
    output: str | None = output(
        None,
        "A new file for the lines of json or csv.",
        usual="they are printed",
    )
    page: str | None = row(
        None,
        "A new file for a page that shows each picture with its answer.",
        group=WRITTEN,
        common=True,
    )
    sort_into: str | None = row(
        None,
        "Copies each picture into this folder's sub-folder of its class, or "
        "not_sure; moves nothing, and writes over nothing.",
        group=WRITTEN,
        common=True,
    )


def check(asked: Predicting) -> None:
    if not asked.pictures:
        usage = command("predict", "IMAGE…", model=asked.model)
        raise RequestError(f"No picture was named. Expected: {usage}")
    if asked.all_classes and asked.top:
        raise RequestError(
            "`all_classes` names all, and `top` some of them. Give one of the "
            "two."
        )
    check_promise(asked.promise, asked.threshold, asked.tta)
    if asked.output and asked.format == "text":
        raise RequestError(
            "`output` is a file for programs. Give `format=csv` or "
            "`format=json` with it, or `page` for a page."
        )
    check_model(asked.model, asked.weights)
    check_pictures(asked.pictures)
    files = {name: getattr(asked, name) for name in ("output", "page")}
    files = {name: path for name, path in files.items() if path is not None}
    for name, path in files.items():
        check_new_file(path, name)
    if len(set(map(os.path.realpath, files.values()))) < len(files):
        raise RequestError(
            f"`output` and `page` are one file, {asked.page}, and the page "
            "would be written over the answers. Give two names."
        )
    if asked.sort_into:
        check_sorting(asked.sort_into, asked.pictures)


def run(asked: Predicting) -> None:
    from pipelines.data.sources.pictures_in import pictures_in
    from pipelines.evaluation.answer_lines import LINES
    from pipelines.evaluation.answering import Asking
    from pipelines.evaluation.answering import check_tells_one
    from pipelines.evaluation.saved_models import open_model
    from pipelines.evaluation.trust.promised import threshold_of
    from pipelines.evaluation.trust.unlike import load_test

    model = open_model(asked.model, asked.weights)
    check_tells_one(
        model,
        threshold=asked.threshold,
        sort_into=asked.sort_into,
        promise=asked.promise,
        flag_unlike=asked.flag_unlike or None,
    )
    asking = Asking(
        model.output_shape[-1] if _names_all(asked) else asked.top,
        threshold_of(asked.model, asked.threshold, asked.promise),
        asked.tta,
        asked.language,
        orientation_for(asked.model, asked.orientation) == UPRIGHT,
        every=asked.all_classes,
        unlike=load_test(model, asked.model) if asked.flag_unlike else None,
    )
    kind = LINES[asked.format]
    writer = kind(model, asking, all_classes=asked.all_classes)
    bad, found, lines = [], [], list(writer.first)
    _tell(asked, lines)
    for each in _answers(model, pictures_in(asked.pictures), asking, bad):
        if asked.page or asked.sort_into:
            found.append(each)
        new = writer.lines(each)
        _tell(asked, new)
        lines += new if asked.output else []
    _write(asked, lines, found, asking.upright)
    if asked.sort_into:
        # Last, so that a disk that is full costs no answer.
        _sort(asked, model, found)
    if bad:
        raise DataError(f"{'; '.join(bad)}.")


def _names_all(asked: Predicting) -> bool:
    # A table has a column for each, beside the likeliest.
    return asked.all_classes and asked.format != "csv"


def _answers(model, pictures, asking, bad: list):
    """Yields the answers for all pictures that can be read."""
    from pipelines.evaluation.answering import answer

    with work("answering", "picture") as piece:
        for done, picture in enumerate(pictures):
            piece.count(done, len(pictures))
            try:
                yield answer(model, picture, asking)
            except DataError as error:
                bad.append(str(error).rstrip("."))


def _tell(asked: Predicting, lines: list[str]) -> None:
    if not asked.output:
        for line in lines:
            say(line)


def _sort(asked: Predicting, model, found) -> None:
    from pipelines.evaluation.prediction import names_of_classes

    names = names_of_classes(model, asked.language)
    sorter = Sorter(asked.sort_into, names)
    for each in found:
        sorter.copy(each.picture, each.best)


def _write(asked: Predicting, lines, found, upright: bool) -> None:
    """Writes what is asked for beside the lines on the terminal."""
    if asked.output:
        text = "".join(f"{line}\n" for line in lines)
        # Names of files need not be text: a table has their bytes, and JSON,
        # which is text, what stands for them.
        errors = "surrogateescape" if asked.format == "csv" else _ESCAPED
        write_atomically(asked.output, text.encode(errors=errors))
        say(f"written to {asked.output}")
    if asked.page:
        from pipelines.evaluation.answers_page import write_answers

        write_answers(asked.page, found, model=asked.model, upright=upright)
        say(f"page: {asked.page}")


def cli() -> None:
    launch(run, Predicting, word="pictures", check=check)


if __name__ == "__main__":
    cli()
