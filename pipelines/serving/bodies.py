"""What a request's body says, read with care."""

import base64
import binascii
import json

import numpy as np

from pipelines.serving.problems import AskedWrongError

# A file's bytes, or pixels, uint8 (height, width, 3).
Picture = bytes | np.ndarray


def json_of(body: bytes) -> dict:
    """Returns the object that a body is.

    Raises:
        AskedWrongError: It is no JSON, or no object.

    Example:

    ```python
    from pipelines.serving.bodies import json_of
    assert json_of(b'{"instances": []}') == {"instances": []}
    ```
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AskedWrongError(f"The body is no JSON ({error}).") from None
    if not isinstance(found, dict):
        raise AskedWrongError("The body is no JSON object, {…}.")
    return found


def of_base64(text) -> bytes:
    """Returns the bytes that base64 stands for.

    Raises:
        AskedWrongError: It is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise AskedWrongError(
            "What should be base64 is not: expected the bytes of a picture's "
            "file."
        ) from None


def picture_of(said) -> Picture:
    """Returns a picture as JSON has it.

    Args:
        said: `{"b64": …}` for a file's bytes, or rows of pixels, each red,
            green and blue in 0…255; either may be the value of one name.

    Raises:
        AskedWrongError: It is none of these.

    Example:

    ```python
    from pipelines.serving.bodies import picture_of
    assert picture_of({"pixels": {"b64": "aGk="}}) == b"hi"
    assert picture_of([[[1, 2, 255]]]).shape == (1, 1, 3)
    ```
    """
    if isinstance(said, dict) and len(said) == 1 and "b64" not in said:
        (said,) = said.values()
    if isinstance(said, dict) and set(said) == {"b64"}:
        return of_base64(said["b64"])
    return pixels_of(said, 3)


def pixels_of(said, axes: int) -> np.ndarray:
    """Returns nested lists of levels as an array of uint8.

    Args:
        said: The lists.
        axes: How deep they are.

    Raises:
        AskedWrongError: They are ragged, of another depth, or hold what is
            no level.
    """
    try:
        found = np.asarray(said)
    except ValueError:
        found = np.asarray(None)
    # Written so that what is no number (NaN) is refused as well.
    fits = found.dtype.kind in "iuf" and found.ndim == axes and found.size
    if not (fits and np.all((found >= 0) & (found <= 255))):
        raise AskedWrongError(
            'A picture is {"b64": the bytes of its file}, or rows of pixels '
            "of 3 numbers in 0…255, red, green and blue."
        )
    if found.dtype.kind == "f" and np.any(found != np.floor(found)):
        raise AskedWrongError(
            "Pixels are whole numbers in 0…255. Received fractions: scaling "
            "is the model's own."
        )
    return found.astype("uint8")
