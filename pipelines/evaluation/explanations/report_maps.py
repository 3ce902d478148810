"""Maps of the pictures that a report shows: where its answer is seen."""

from collections.abc import Callable

import zoo
from pipelines.data.examples import Examples
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.pictures import as_uri
from pipelines.evaluation.explanations.pictures import overlay
from pipelines.evaluation.explanations.pictures import seen_pictures
from pipelines.evaluation.explanations.targets import Target


def maps_of(model, examples: Examples) -> Callable[[list[int]], list[str]]:
    """Returns what draws the maps of some pictures, as `Judged.drawn` has it.

    They are Grad-CAM of the likeliest class, laid over what the network sees.

    Args:
        model: A model of the zoo, of one class a picture.
        examples: Pictures that can be decoded.

    Raises:
        RequestError: The model has no stage with a map.
    """
    network = ExplainedNetwork(model)
    record = zoo.preprocessing(model)

    def drawn(places: list[int]) -> list[str]:
        if not places:
            return []
        encoded = examples.encoded(places)
        pixels = seen_pictures(encoded, record, examples.upright)
        target = Target(network.logits(pixels).argmax(axis=1))
        maps = explain(network, pixels, target)["grad_cam"]
        return [
            as_uri(overlay(picture, map_))
            for picture, map_ in zip(pixels, maps, strict=True)
        ]

    return drawn
