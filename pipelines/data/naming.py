"""Errors of pipelines that read pictures, said with the pictures' names."""

import contextlib
import re
from collections.abc import Iterator

import tensorflow as tf

from pipelines.data.checks import name_bad_picture
from pipelines.data.checks import reason
from pipelines.data.examples import Examples
from zoo.errors import DataError


@contextlib.contextmanager
def naming_bad_pictures(examples: Examples) -> Iterator[None]:
    """Turns what TensorFlow raises of a picture into an error in words.

    Args:
        examples: What is read inside of it.

    Raises:
        DataError: A picture cannot be read or decoded; it names the first.

    Example:

    ```python
    import numpy as np
    from pipelines.data.examples import Examples
    from pipelines.data.naming import naming_bad_pictures
    examples = Examples(("a",), np.zeros(1, "int32"), ("x",), lambda i: [b""])
    with naming_bad_pictures(examples):
        assert examples.read([0]) == [b""]
    ```
    """
    try:
        yield
    except (
        tf.errors.InvalidArgumentError,
        tf.errors.NotFoundError,
        tf.errors.UnknownError,
    ) as error:
        # What is raised while a picture is read arrives as text.
        said = re.search(r"DataError: (.+)", error.message)
        if said:
            raise DataError(said.group(1)) from error
        named = name_bad_picture(examples, range(len(examples)))
        if named:
            raise named from error
        if "ecode" in reason(error):
            raise DataError(f"A picture: {reason(error)}.") from error
        raise
