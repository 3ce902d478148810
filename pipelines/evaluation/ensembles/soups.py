"""Soups: the mean of several networks' weights, at the price of one network.

Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models
improves accuracy without increasing inference time", 2022: uniform takes all
(section 2), greedy takes one after another, the best first, as long as none
makes it worse (recipe 1).
"""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, order=True)
class Worth:
    """What some weights reach on the pictures that choose; more is better.

    Args:
        top1: Share of right answers, 0…1.
        gain: Minus the cross-entropy, in nats: decides where the share is
            the same.
    """

    top1: float
    gain: float


@dataclasses.dataclass(frozen=True, eq=False)
class Soup:
    """Weights that are a mean, and what they are worth.

    Args:
        members: The places of the models in it.
        fresh: Whether BatchNorm's statistics were measured anew.
        weights: As `model.get_weights()` has them.
        worth: On the pictures that choose.
    """

    members: tuple[int, ...]
    fresh: bool
    weights: list[np.ndarray]
    worth: Worth


class Cook:
    """Makes soups, with the mean of the statistics and with fresh ones.

    Args:
        weights: Of each model, in one order.
        judge: Says what weights are worth.
        measure: Returns weights with fresh statistics; None for networks
            that have none.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.ensembles.soups import Cook, Worth
    models = [[np.array([each])] for each in (1.0, 3.0, 9.0)]
    judge = lambda weights: Worth(0.5, -abs(weights[0][0] - 2))
    assert Cook(models, judge, None).greedy().members == (0, 1)
    assert Cook(models, judge, None).uniform().members == (0, 1, 2)
    ```
    """

    def __init__(
        self,
        weights: Sequence[list[np.ndarray]],
        judge: Callable[[list[np.ndarray]], Worth],
        measure: Callable[[list[np.ndarray]], list[np.ndarray]] | None,
    ):
        self._weights, self._judge, self._measure = weights, judge, measure
        # Every soup that was tasted, in this order.
        self.tried: list[Soup] = []

    def uniform(self) -> Soup:
        """Returns the soup of all."""
        return self._made(range(len(self._weights)))

    def greedy(self) -> Soup:
        """Returns the best model, with all that do not make it worse."""
        alone = [self._made([place]) for place in range(len(self._weights))]
        best, *others = sorted(alone, key=lambda soup: soup.worth, reverse=True)
        for other in others:
            trial = self._made([*best.members, *other.members])
            if trial.worth >= best.worth:
                best = trial
        return best

    def _made(self, members) -> Soup:
        """The better of both ways; of equal ones that without measuring."""
        members = tuple(members)
        plain = mean_of_weights([self._weights[place] for place in members])
        made = [Soup(members, False, plain, self._judge(plain))]
        # A model by itself has the statistics of its training.
        if self._measure and len(members) > 1:
            fresh = self._measure(plain)
            made.append(Soup(members, True, fresh, self._judge(fresh)))
        self.tried += made
        return max(made, key=lambda soup: soup.worth)


def mean_of_weights(weights: Sequence[list]) -> list[np.ndarray]:
    """Returns the mean of each array, computed in float64.

    Args:
        weights: Of each model; all of the same shapes.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.ensembles.soups import mean_of_weights
    mean, = mean_of_weights([[np.zeros(2)], [np.array([2.0, 4.0])]])
    assert mean.tolist() == [1, 2]
    ```
    """
    return [
        np.mean(
            [np.asarray(each, "float64") for each in arrays], axis=0
        ).astype(np.asarray(arrays[0]).dtype)
        for arrays in zip(*weights, strict=True)
    ]
