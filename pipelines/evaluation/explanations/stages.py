"""The stages of a network at which a place on a picture has a meaning."""

import dataclasses

import zoo
from zoo.errors import RequestError
from zoo.layers import ClassToken
from zoo.layers import PatchTokens


@dataclasses.dataclass(frozen=True, eq=False)
class MappedStage:
    """A stage whose output is a map, or tokens that lie on a grid.

    Args:
        name: Of the stage.
        output: The symbolic output.
        grid: `(height, width)` of tokens, which come row by row behind the
            class token; None of a map.
    """

    name: str
    output: object
    grid: tuple[int, int] | None = None

    def as_map(self, features):
        """Returns its features as `(batch, height, width, channels)`."""
        if self.grid is None:
            return features
        return features[:, 1:].reshape(-1, *self.grid, features.shape[-1])


def mapped_stages(model) -> tuple[MappedStage, ...]:
    """Returns the stages of a model that have a map, the first one first.

    Of a transformer the last stage is none of them: the head looks at its
    class token alone, and what is at the other places changes nothing.

    Args:
        model: A model of the zoo.

    Raises:
        RequestError: It has none: nothing in it has a place.

    Example:

    ```python
    import zoo
    from pipelines.evaluation.explanations.stages import mapped_stages
    model = zoo.create_model("alexnet_cifar")
    names = [stage.name for stage in mapped_stages(model)]
    assert names == ["stem", "stage1", "stage2"]
    ```
    """
    grids = [
        layer.grid for layer in model.layers if isinstance(layer, PatchTokens)
    ]
    read_by_head = {
        id(layer.input)
        for layer in model.layers
        if isinstance(layer, ClassToken)
    }
    found = []
    for stage in zoo.stages(model):
        shape = stage.output.shape
        if len(shape) == 4 and tuple(shape[1:3]) != (1, 1):
            found.append(MappedStage(stage.name, stage.output))
        elif len(shape) == 3 and grids and id(stage.output) not in read_by_head:
            found.append(MappedStage(stage.name, stage.output, grids[0]))
    if not found:
        raise RequestError(
            f"{model.name!r} has no stage with a map: nothing in it has a "
            "place on the picture that could be shown. Expected a network of "
            "convolutions or of patches."
        )
    return tuple(found)


def find_stage(model, name: str | None = None) -> MappedStage:
    """Returns a stage by its name, the last one that has a map where None.

    Args:
        model: A model of the zoo.
        name: Such as `"stage3"`.

    Raises:
        RequestError: It has no such stage, or no map there.
    """
    found = {stage.name: stage for stage in mapped_stages(model)}
    if name is None:
        return next(reversed(found.values()))
    if name not in found:
        raise RequestError(
            f"`stage={name}`: {model.name} has no map there. Expected one of: "
            f"{', '.join(found)}."
        )
    return found[name]
