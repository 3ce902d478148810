"""How much is read at most, and how a file is turned down."""

from zoo.errors import IntegrityError

LIMIT = 4 << 30
# EfficientNetV2-L has most of the zoo's networks, 1,331; a checkpoint of its
# training has a few times as many.
MAX_TENSORS = 10_000


def damaged(path, reason: str, form: str | None = None) -> IntegrityError:
    """Returns the error for a file that is cut, damaged or made up."""
    what = f"is no whole {form} file" if form else "is damaged"
    return IntegrityError(f"The weight file {path} {what}: {_line(reason)}.")


def refused(path, reason: str) -> IntegrityError:
    """Returns the error for a file that wants more than to be read."""
    return IntegrityError(
        f"The weight file {path} is refused: {_line(reason)}. Nothing in it "
        "was run."
    )


def _line(text: str) -> str:
    """Names in a file may hold line breaks or a terminal's commands."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else "?" for c in words)


def check_total(path, total: int, limit: int) -> None:
    """Checks what all tensors will take, before the first of them is read.

    Raises:
        IntegrityError: They would take more than `limit` bytes.
    """
    if total > limit:
        raise IntegrityError(
            f"The weight file {path} is refused: its tensors take {total:,} "
            f"bytes, expected at most {limit:,}."
        )
