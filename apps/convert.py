"""Turns weights of any kind into a file of this zoo.

    zoo convert resnet50-11ad3fa6.pth --model=resnet50 \\
        --output=resnet50.safetensors

Says which tensors were used. The new file has our names, and says whose
network it is for, what it expects of a picture and what it was made of. Exit
codes: 0 done, 2 a wrong request, 4 a damaged file.
"""

import dataclasses

import zoo
from apps.command import launch
from apps.command import say
from apps.new_places import check_new_file
from apps.shared_settings import GIVEN
from apps.shared_settings import Asked
from apps.shared_settings import output
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import changed
from pipelines.runs.settings import required
from pipelines.runs.settings import row


@dataclasses.dataclass(frozen=True, kw_only=True)
class Converting(Asked):
    """Which weights become what."""

    weights: str = required(
        "What is converted: a .safetensors, .pth, .h5 or .keras file, "
        "hf://ORG/MODEL, or a name that the command models lists.",
        group=GIVEN,
        common=True,
    )
    model: str = changed(RunConfig, "model", group=GIVEN)
    origin: str | None = row(
        None,
        "Whose network it is, where the weights do not say it: torchvision, "
        "timm, timm/tf_efficientnet_b3, keras …",
        group=GIVEN,
        common=True,
    )
    output: str = output(
        dataclasses.MISSING, "A new .safetensors or .weights.h5 file."
    )


def check(asked: Converting) -> None:
    zoo.model_info(asked.model)
    check_new_file(asked.output)


def run(asked: Converting) -> None:
    from zoo.weights.converting import convert

    digest = convert(
        asked.model, asked.weights, asked.output, origin=asked.origin
    )
    say(f"{asked.output}: sha256 {digest}")


def cli() -> None:
    launch(run, Converting, word="weights", check=check)


if __name__ == "__main__":
    cli()
