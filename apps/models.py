"""Lists the zoo, or shows one model stage by stage.

    zoo models
    zoo models 'resnet*'
    zoo models resnet50
    zoo models 'efficientnet*' --weights

Accuracies are those that were published, for one view of a picture at the size
beside them; "test" is a larger one, at which `zoo evaluate --test_size` judges
as timm tests. Of weights it says which are here: shipped with this package,
installed with another, or cached since they were fetched. Exit codes: 0 done,
2 a wrong request.
"""

import dataclasses

import zoo
from apps.command import launch
from apps.command import say
from apps.quiet import start_tensorflow
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import Asked
from pipelines.runs.settings import row
from zoo.errors import RequestError

# Of the column that has the models' names.
_WIDTH = max(map(len, zoo.list_models()))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelListing(Asked):
    """What is listed, and how."""

    which: str | None = row(
        None, "A name, or a pattern as in a shell.", group=GIVEN, is_flag=False
    )
    pattern: str = row(
        "*", "Which models to list, as in a shell.", group=GIVEN, common=True
    )
    name: str | None = row(
        None, "The model to show stage by stage.", group=GIVEN, common=True
    )
    weights: bool = row(
        False, "A row a set of weights instead.", group=HOW, common=True
    )
    markdown: bool = row(
        False,
        "All models and weights, as docs/weights.md has them.",
        group=HOW,
        common=True,
    )

    def __post_init__(self):
        super().__post_init__()
        if self.which is None:
            return
        if self.name or self.pattern != "*":
            raise RequestError(
                f"`{self.which}` says which models, and so do `name` and "
                "`pattern`. Give one of them."
            )
        is_name = not (self.weights or set("*?[") & set(self.which))
        field = "name" if is_name else "pattern"
        object.__setattr__(self, field, self.which)


def check(asked: ModelListing) -> None:
    if asked.name:
        zoo.model_info(asked.name)
    elif not zoo.list_models(asked.pattern):
        raise RequestError(
            f"No model matches `pattern={asked.pattern}`. Without it all are "
            "listed."
        )


def run(asked: ModelListing) -> None:
    if asked.name:
        show_model(asked.name)
    elif asked.markdown:
        show_markdown()
    elif asked.weights:
        list_weights(asked.pattern)
    else:
        list_models(asked.pattern)


def _matching(pattern: str):
    return map(zoo.model_info, zoo.list_models(pattern))


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
        f"{'model':{_WIDTH}} {'weights':34} {'here':9} {'size':>4} "
        f"{'top-1':>6} {'top-5':>6} {'test':>4}  {'licence':13} "
        "logits checked against"
    )
    for info in _matching(pattern):
        for each in weights_of(info.name):
            say(
                f"{each.model:{_WIDTH}} {each.name:34} {each.here or '-':9} "
                f"{each.preprocessing.image_size:4} {percent(each.top1):>6} "
                f"{percent(each.top5):>6} "
                f"{each.preprocessing.test_size or '-':>4}  "
                f"{each.licence:13} {checked(each)}"
            )


def list_models(pattern: str) -> None:
    """Prints a row a model."""
    say(
        f"{'model':{_WIDTH}} {'parameters':>12} {'MACs':>9} {'size':>5} "
        f"{'top-1':>6} {'top-5':>6}  weights"
    )
    for info in _matching(pattern):
        accuracy = info.accuracy
        top1 = f"{accuracy.top1:.1f}" if accuracy else "-"
        top5 = f"{accuracy.top5:.1f}" if accuracy and accuracy.top5 else "-"
        say(
            f"{info.name:{_WIDTH}} {info.parameters:12,} "
            f"{info.macs / 1e9:7.2f} G {info.input_size:5} {top1:>6} "
            f"{top5:>6}  {_names(info.weights)}"
        )


def _names(weights) -> str:
    if weights and weights[0] == "imagenet":
        return f"imagenet, the best of {len(weights) - 1}"
    return ", ".join(weights) or "-"


def show_model(name: str) -> None:
    """Prints a model's card and its stages."""
    start_tensorflow()
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
    for each in weights_of(name):
        best = ' ("imagenet")' if each is best_of(name) else ""
        say(f"weights {each.name!r}{best}: {_about(each)}")
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


def _about(source) -> str:
    top1 = source.top1
    parts = [
        "no top-1 published" if top1 is None else f"top-1 {top1} %",
        f"at {source.preprocessing.image_size} px",
        source.measured_on,
    ]
    if source.preprocessing.test_size:
        parts.append(f"tested at {source.preprocessing.test_size} px too")
    if source.mebibytes:
        parts.append(f"{source.mebibytes:.0f} MiB")
    parts.append(source.licence)
    if source.here:
        parts.append(f"{source.here} here")
    elif source.distribution is not None:
        parts.append(source.distribution.command)
    return ", ".join(parts)


def cli() -> None:
    launch(run, ModelListing, word="which", check=check, tensorflow=False)


if __name__ == "__main__":
    cli()
