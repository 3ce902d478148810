"""Progressive learning: small pictures first, the full size at the end.

Tan and Le, "EfficientNetV2", 2021, section 4.2. A size is a function of the
epoch and nothing else. As every step of `training_data` is reached at once, a
stage is the same pipeline with another size and its own `first_step`.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SizeStage:
    """Some epochs with pictures of one size.

    Args:
        first_epoch: From which epoch on, counted from 0.
        epochs: How many.
        image_size: In pixels.
    """

    first_epoch: int
    epochs: int
    image_size: int


def progressive_stages(
    smallest: int,
    largest: int,
    epochs: int,
    *,
    stages: int = 4,
    multiple: int = 32,
) -> tuple[SizeStage, ...]:
    """Cuts a run into stages of growing pictures.

    Args:
        smallest: Size in the first stage, in pixels.
        largest: Size in the last stage, exactly.
        epochs: Of the whole run.
        stages: How many sizes, evenly spread; fewer where epochs or
            roundings are few.
        multiple: Sizes before the last are rounded to a multiple of this.

    Returns:
        The stages in their order, together all epochs.

    Raises:
        RequestError: The sizes or numbers make no sense.

    Example:

    ```python
    from pipelines.batches.progressive import progressive_stages
    sizes = [s.image_size for s in progressive_stages(128, 224, 90)]
    assert sizes == [128, 160, 192, 224]
    ```
    """
    if not 0 < smallest <= largest or min(epochs, stages, multiple) < 1:
        # The zoo imports Keras.
        from zoo.errors import RequestError

        raise RequestError(
            "Progressive sizes grow, over at least one epoch and stage. "
            f"Received: {smallest} to {largest} in {stages} stages and "
            f"{epochs} epochs"
        )
    stages = min(stages, epochs)
    found: list[SizeStage] = []
    for i in range(stages):
        first = i * epochs // stages
        count = (i + 1) * epochs // stages - first
        size = largest
        if i < stages - 1:
            even = smallest + i * (largest - smallest) / (stages - 1)
            size = min(largest, max(1, round(even / multiple)) * multiple)
        if found and found[-1].image_size == size:
            last = found.pop()
            first, count = last.first_epoch, last.epochs + count
        found.append(SizeStage(first, count, size))
    return tuple(found)
