"""Lists the zoo, or shows one model stage by stage.

    python -m apps.models
    python -m apps.models --pattern='resnet*'
    python -m apps.models --name=resnet50
    python -m apps.models --weights --pattern='efficientnet*'

Accuracies are those that were published, for one centre crop. Exit codes:
0 done, 2 a wrong request.
"""

from absl import flags

from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_string("pattern", "*", "Which models to list, as in a shell.")
    flags.DEFINE_string("name", None, "One model, in detail.")
    flags.DEFINE_bool("weights", False, "A row a set of weights instead.")
    flags.DEFINE_bool(
        "markdown",
        False,
        "All models and weights, as docs/weights.md has them.",
    )


def run() -> None:
    values = flags.FLAGS
    if values.name:
        show_model(values.name)
    elif values.markdown:
        show_markdown()
    elif values.weights:
        list_weights(values.pattern)
    else:
        list_models(values.pattern)


def _matching(pattern: str):
    import zoo
    from zoo.errors import RequestError

    names = zoo.list_models(pattern)
    if not names:
        raise RequestError(
            f"No model matches --pattern={pattern}. Without it all are listed."
        )
    return map(zoo.model_info, names)


def show_markdown() -> None:
    """Prints the table of docs/weights.md."""
    from zoo.weights.listing import markdown_table

    say(markdown_table().rstrip())


def list_weights(pattern: str) -> None:
    """Prints a row a set of weights."""
    from zoo.weights.listing import checked
    from zoo.weights.listing import percent
    from zoo.weights.sources import weights_of

    say(
        f"{'model':18} {'weights':34} {'size':>4} {'top-1':>6} {'top-5':>6}  "
        f"{'licence':13} logits checked against"
    )
    for info in _matching(pattern):
        for row in weights_of(info.name):
            say(
                f"{row.model:18} {row.name:34} "
                f"{row.preprocessing.image_size:4} {percent(row.top1):>6} "
                f"{percent(row.top5):>6}  {row.licence:13} {checked(row)}"
            )


def list_models(pattern: str) -> None:
    """Prints a row a model."""
    say(
        f"{'model':18} {'parameters':>12} {'MACs':>9} {'size':>5} "
        f"{'top-1':>6} {'top-5':>6}  weights"
    )
    for info in _matching(pattern):
        accuracy = info.accuracy
        top1 = f"{accuracy.top1:.1f}" if accuracy else "-"
        top5 = f"{accuracy.top5:.1f}" if accuracy and accuracy.top5 else "-"
        say(
            f"{info.name:18} {info.parameters:12,} "
            f"{info.macs / 1e9:7.2f} G {info.input_size:5} {top1:>6} "
            f"{top5:>6}  {_names(info.weights)}"
        )


def _names(weights) -> str:
    if weights and weights[0] == "imagenet":
        return f"imagenet, the best of {len(weights) - 1}"
    return ", ".join(weights) or "-"


def show_model(name: str) -> None:
    """Prints a model's card and its stages."""
    import zoo
    from zoo.profile import layer_macs
    from zoo.weights.sources import best_of
    from zoo.weights.sources import weights_of

    info = zoo.model_info(name)
    say(f"{info.name} — {info.paper}")
    say(
        f"parameters: {info.parameters:,} (and {info.non_trainable:,} of "
        "BatchNorm's statistics)"
    )
    say(f"multiply-adds: {info.macs:,} at {info.input_size} px")
    if info.accuracy:
        say(
            f"published: top-1 {info.accuracy.top1} %, "
            f"top-5 {info.accuracy.top5 or '-'} % ({info.accuracy.source})"
        )
    for row in weights_of(name):
        best = ' ("imagenet")' if row is best_of(name) else ""
        say(f"weights {row.name!r}{best}: {_about(row)}")
    say("")
    say(
        f"{'stage':8} {'output':>16} {'layers':>7} {'parameters':>12} "
        f"{'MACs':>15}"
    )
    for stage in zoo.stages(zoo.create_model(name)):
        shape = "x".join(map(str, stage.output.shape[1:]))
        macs = sum(map(layer_macs, stage.layers))
        say(
            f"{stage.name:8} {shape:>16} {len(stage.weighted_layers):7} "
            f"{stage.parameters:12,} {macs:15,}"
        )


def _about(row) -> str:
    top1 = "no top-1 published" if row.top1 is None else f"top-1 {row.top1} %"
    parts = [top1, f"at {row.preprocessing.image_size} px", row.measured_on]
    if row.mebibytes:
        parts.append(f"{row.mebibytes:.0f} MiB")
    return ", ".join((*parts, row.licence))


def cli() -> None:
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
