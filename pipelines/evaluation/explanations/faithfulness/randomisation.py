"""Whether maps are of what was learned: others, where nothing was.

Adebayo et al., "Sanity Checks for Saliency Maps", 2018, section 3: a method
whose maps stay as they are when the weights are made random shows edges.
"""

import numpy as np
from scipy import stats

from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.network import copied


def randomised(network: ExplainedNetwork, seed: int = 0) -> ExplainedNetwork:
    """Returns the same network with all that it has learned lost.

    The numbers of each weight are dealt anew, so that they are as large as
    they were.

    Args:
        network: Stays as it is.
        seed: Of the dealing.

    Example:

    ```python
    import numpy as np, zoo
    from pipelines.evaluation.explanations.faithfulness.randomisation import (
        randomised)
    from pipelines.evaluation.explanations.network import ExplainedNetwork
    network = ExplainedNetwork(zoo.create_model("resnet20"))
    other = randomised(network)
    own, dealt = (np.asarray(each.model.weights[0]).ravel()
                  for each in (network, other))
    assert sorted(own) == sorted(dealt) and any(own != dealt)
    ```
    """
    random = np.random.default_rng(seed)

    def dealt(values):
        return random.permutation(values.ravel()).reshape(values.shape)

    return ExplainedNetwork(copied(network.model, dealt), network.stage.name)


def likeness(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Returns how alike maps are: rank correlations, `(maps,)`, in -1…1.

    Args:
        maps: `(maps, height, width)`.
        others: Likewise; a map that is the same everywhere is like none.
    """
    found = []
    for one, other in zip(maps, others, strict=True):
        if one.min() == one.max() or other.min() == other.max():
            found.append(0.0)
        else:
            found.append(stats.spearmanr(one.ravel(), other.ravel()).statistic)
    return np.array(found)
