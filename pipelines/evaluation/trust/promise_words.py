"""What is wrong with a promise before anything heavy is loaded."""

from pipelines.evaluation.tta import NO_VIEWS


def check_promise(
    promise: float | None, threshold: float | None, tta: str
) -> None:
    """Refuses a promise beside what it cannot be kept with.

    Args:
        promise: Which share of the answers is right; None for none.
        threshold: The least confidence of an answer, where it was given.
        tta: Which views of a picture are averaged.

    Raises:
        RequestError: Another threshold or other views were asked for.

    Example:

    ```python
    from pipelines.evaluation.trust.promise_words import check_promise
    check_promise(0.99, None, "none")
    ```
    """
    # The zoo imports Keras.
    from zoo.errors import RequestError

    if promise is None:
        return
    if threshold is not None:
        raise RequestError(
            "`promise` chooses the threshold, and `threshold` gives one. Give "
            "one of the two."
        )
    if tta != NO_VIEWS:
        raise RequestError(
            f"`promise` rests on answers for one view of each picture, and "
            f"`tta={tta}` averages several. Leave one of the two out."
        )
