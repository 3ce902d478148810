"""Test-time augmentation by name: which views of a picture are averaged.

Nothing heavy is imported here: the names are read for their own sake as well;
`views` makes the pictures.
"""

NO_VIEWS = "none"
# What each shows of a picture, and in how many views.
TTA = {
    NO_VIEWS: "what evaluation sees, once",
    "flip": "that and its mirror image, 2 views",
    "tencrop": "four corners, the middle and their mirror images, 10 views",
    "multiscale": "the middle at three sizes and mirrored, 6 views",
}


def check_tta(tta: str) -> None:
    """Refuses a name that is none of `TTA`.

    Raises:
        RequestError: There are no views of that name.

    Example:

    ```python
    from pipelines.evaluation.tta import TTA, check_tta
    assert list(TTA) == ["none", "flip", "tencrop", "multiscale"]
    check_tta("tencrop")
    ```
    """
    if tta not in TTA:
        # The zoo imports Keras.
        from zoo.errors import RequestError

        raise RequestError(
            f"`tta={tta}` is not known. Expected one of: {', '.join(TTA)}."
        )
