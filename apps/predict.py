"""Says what is on pictures: the five likeliest classes of each.

    python -m apps.predict --model=runs/first cat.jpg dog.jpg

With --format=json a line of JSON a picture. Exit codes: 0 done, 2 a wrong
request, 3 a picture that cannot be decoded, 4 a damaged file.
"""

import json

from absl import flags

from apps.command import launch
from apps.command import say
from apps.model_flags import define_model_flags
from apps.model_flags import define_tta_flag


def define_flags() -> None:
    define_model_flags()
    flags.DEFINE_enum(
        "format", "text", ("text", "json"), "How the answer is written."
    )
    flags.DEFINE_integer("top", 5, "How many classes.", lower_bound=1)
    define_tta_flag()


def run(pictures: list[str]) -> None:
    from pipelines.evaluation.prediction import predict
    from pipelines.evaluation.saved_models import open_model
    from zoo.errors import RequestError

    values = flags.FLAGS
    if not pictures:
        raise RequestError(
            "No picture was named. Expected: python -m apps.predict "
            "--model=RUN IMAGE…"
        )
    model = open_model(values.model, values.weights)
    for picture in pictures:
        guesses = predict(model, picture, values.top, tta=values.tta)
        if values.format == "json":
            say(as_json(picture, guesses))
        else:
            say(picture)
            for guess in guesses:
                say(f"  {guess.probability:7.2%}  {guess.name}")


def as_json(picture: str, guesses) -> str:
    """Writes a picture's guesses as one line of JSON."""
    return json.dumps(
        {
            "image": picture,
            "predictions": [
                {"class": guess.name, "probability": guess.probability}
                for guess in guesses
            ],
        },
        ensure_ascii=False,
    )


def cli() -> None:
    launch(run, define_flags, arguments=True)


if __name__ == "__main__":
    cli()
