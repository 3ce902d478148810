"""How large the weights of each stage are, and how far they moved."""

import numpy as np

import zoo
from zoo.errors import RequestError

# Statistics of BatchNorm are no weights: nothing learns them.
_STATISTICS = "moving_"


class StageNorms:
    """Norms of the weights, stage by stage, and of their changes.

    Keeps one copy of the weights in the host's memory.

    Args:
        model: A model of the zoo; of others there is nothing to say.

    Example:

    ```python
    import zoo
    from pipelines.training.callbacks.stage_norms import StageNorms
    model = zoo.create_model("resnet20")
    norms = StageNorms(model)
    head = model.get_layer("head_logits").kernel
    head.assign(head * 2)
    assert 0.49 < norms.measure()["updates/head"] < 0.51
    ```
    """

    def __init__(self, model):
        self._variables = {}
        try:
            stages = zoo.stages(model)
        except RequestError:
            stages = ()
        for stage in stages:
            learnt = [
                variable
                for layer in stage.weighted_layers
                for variable in layer.weights
                if not variable.name.startswith(_STATISTICS)
            ]
            if learnt:
                self._variables[stage.name] = learnt
        self._last = self._read()

    def measure(self) -> dict[str, float]:
        """Returns the norms, and the changes since this was last called.

        Returns:
            `weights/STAGE`: the Euclidean norm of all weights of the stage;
            `updates/STAGE`: the norm of their change, divided by it.
        """
        now, found = self._read(), {}
        for stage, values in now.items():
            pairs = zip(values, self._last[stage], strict=True)
            moved = _norm([new - old for new, old in pairs])
            norm = _norm(values)
            found[f"weights/{stage}"] = norm
            found[f"updates/{stage}"] = moved / norm if norm else 0.0
        self._last = now
        return found

    @property
    def last(self) -> dict[str, np.ndarray]:
        """The weights that changes are counted from, by `STAGE/NUMBER`."""
        return {
            f"{stage}/{i:05d}": value
            for stage, values in self._last.items()
            for i, value in enumerate(values)
        }

    def count_from(self, last: dict[str, np.ndarray]) -> None:
        """Counts changes from what `last` has said; from now where empty."""
        if set(last) != set(self.last):
            return
        self._last = {
            stage: [last[f"{stage}/{i:05d}"] for i in range(len(values))]
            for stage, values in self._last.items()
        }

    def _read(self) -> dict[str, list[np.ndarray]]:
        return {
            stage: [np.array(v.numpy(), "float32") for v in variables]
            for stage, variables in self._variables.items()
        }


def _norm(values) -> float:
    squares = (np.vdot(value, value).astype("float64") for value in values)
    return float(np.sqrt(sum(squares)))
