"""What the epochs of a plan cost, counted in multiply-adds."""

import zoo
from pipelines.training.remaining import Part
from pipelines.training.run import Run
from zoo.profile import layer_macs

# Forward, and backward to what comes in and to the weights.
_LEARNING = 3


def macs_below(model) -> dict[str, int]:
    """Multiply-adds of one picture below each stage.

    Args:
        model: Of the zoo, with stages.
    """
    found, total = {}, 0
    for stage in zoo.stages(model):
        found[stage.name] = total
        total += sum(map(layer_macs, stage.layers))
    return found


def parts_of(run: Run, keeps=lambda position: False) -> list[Part]:
    """Cuts a run into epochs of equal cost.

    Args:
        run: Its plan, its pictures and their sizes.
        keeps: Given the position of a phase in the plan, says whether it
            reads features that are kept.

    Returns:
        The parts, together as many epochs as the plan has.
    """
    below = macs_below(run.model)
    whole = sum(
        layer_macs(layer)
        for stage in zoo.stages(run.model)
        for layer in stage.layers
    )
    found, begun = [], 0
    for position, phase in enumerate(run.plan):
        under = below[phase.stage]
        over, under = whole - under, 0 if keeps(position) else under
        until = begun + phase.epochs
        for size in run.sizes:
            first = max(begun, size.first_epoch)
            epochs = min(until, size.first_epoch + size.epochs) - first
            if epochs <= 0:
                continue
            smaller = (size.image_size / run.config.image_size) ** 2
            learned = smaller * len(run.splits.train)
            judged = len(run.splits.validation)
            macs = learned * (under + _LEARNING * over)
            found.append(Part(epochs, macs + judged * (under + over)))
        begun = until
    return found
