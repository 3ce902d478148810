"""Turns weights of any kind into a file of this zoo.

    python -m apps.convert --model=resnet50 --weights=resnet50-11ad3fa6.pth \\
        --output=resnet50.safetensors

Says which tensors were used. The new file has our names, and says whose
network it is for, what it expects of a picture and what it was made of. Exit
codes: 0 done, 2 a wrong request, 4 a damaged file.
"""

from absl import flags

from apps.command import check_new_file
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_string("model", None, "The model's name.", required=True)
    flags.DEFINE_string(
        "weights",
        None,
        "A name that apps.models lists, hf://ORGANISATION/MODEL, or a "
        ".safetensors, .pth, .h5 or .keras file.",
        required=True,
    )
    flags.DEFINE_string(
        "origin",
        None,
        "Whose network, where the weights do not say it: torchvision, timm, "
        "timm/tf_efficientnet_b3, keras …",
    )
    flags.DEFINE_string(
        "output",
        None,
        "A new .safetensors or .weights.h5 file.",
        required=True,
    )


def run() -> None:
    from zoo.weights.converting import convert

    values = flags.FLAGS
    check_new_file(values.output)
    digest = convert(
        values.model, values.weights, values.output, origin=values.origin
    )
    say(f"{values.output}: sha256 {digest}")


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
