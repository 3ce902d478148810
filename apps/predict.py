"""Says what is on pictures: the five likeliest classes of each.

Of a multilabel model it is all classes that are likely enough by the
thresholds that its training chose, which may be none.

    zoo predict --model=runs/first cat.jpg dog.jpg new/

With --format=json a line of JSON a picture. Exit codes: 0 done, 2 a wrong
request, 3 a picture that cannot be decoded (the others are answered for), 4 a
damaged file.
"""

import dataclasses

from apps.checks import check_model
from apps.checks import check_pictures
from apps.command import launch
from apps.command import say
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import FinishedModel
from apps.shared_settings import orientation
from apps.shared_settings import tta
from pipelines.data.orientations import UPRIGHT
from pipelines.pages.commands import command
from pipelines.runs.lying import orientation_for
from pipelines.runs.settings import row
from zoo.errors import DataError
from zoo.errors import RequestError
from zoo.plain_json import dumps
from zoo.weights.classes import ENGLISH
from zoo.weights.classes import languages


@dataclasses.dataclass(frozen=True, kw_only=True)
class Predicting(FinishedModel):
    """What is said of which pictures."""

    pictures: tuple[str, ...] = row(
        (),
        "JPEG, PNG, GIF, BMP, WebP or TIFF files, or folders of them.",
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
        choices=("text", "json"),
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


def check(asked: Predicting) -> None:
    if not asked.pictures:
        usage = command("predict", "IMAGE…", model=asked.model)
        raise RequestError(f"No picture was named. Expected: {usage}")
    check_model(asked.model, asked.weights)
    check_pictures(asked.pictures)


def run(asked: Predicting) -> None:
    from pipelines.data.sources.pictures_in import pictures_in
    from pipelines.evaluation.prediction import predict
    from pipelines.evaluation.saved_models import open_model

    model = open_model(asked.model, asked.weights)
    lies = orientation_for(asked.model, asked.orientation)
    bad = []
    for picture in pictures_in(asked.pictures):
        try:
            guesses = predict(
                model,
                picture,
                asked.top,
                tta=asked.tta,
                language=asked.language,
                upright=lies == UPRIGHT,
            )
        except DataError as error:
            bad.append(str(error).rstrip("."))
            continue
        if asked.format == "json":
            say(as_json(picture, guesses))
        else:
            say(picture)
            for guess in guesses or ["none of its classes"]:
                say(f"  {guess}")
    if bad:
        raise DataError(f"{'; '.join(bad)}.")


def as_json(picture: str, guesses) -> str:
    """Writes a picture's guesses as one line of JSON."""
    return dumps(
        {
            "image": picture,
            "predictions": [guess.as_json() for guess in guesses],
        },
        ensure_ascii=False,
    )


def cli() -> None:
    launch(run, Predicting, word="pictures", check=check)


if __name__ == "__main__":
    cli()
