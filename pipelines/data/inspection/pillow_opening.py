"""Opening pictures by Pillow, whatever of `headers.FORMATS` they are.

What opens a picture anywhere does it here: HEIF is known to Pillow only once
its library is registered, and other formats than ours are nobody's.
"""

import io
import warnings
from typing import BinaryIO

from PIL import Image

from pipelines.data.inspection.headers import sniff
from pipelines.data.inspection.modern_formats import register
from pipelines.data.inspection.refusal import Refused

# Of files that are senseless in part; what matters is found out here.
warnings.filterwarnings("ignore", module=r"PIL\.")


def open_encoded(encoded: bytes) -> Image.Image:
    """Opens a picture of any format that is read; nothing is decoded yet.

    Args:
        encoded: The file's bytes.

    Raises:
        Refused: It is no such picture, or its header makes no sense.

    Example:

    ```python
    import io
    from PIL import Image
    from pipelines.data.inspection.pillow_opening import open_encoded
    file = io.BytesIO()
    Image.new("RGB", (4, 3)).save(file, "BMP")
    assert open_encoded(file.getvalue()).size == (4, 3)
    ```
    """
    return open_picture(io.BytesIO(encoded), sniff(encoded[:64]))


def open_picture(file: BinaryIO, kind: str) -> Image.Image:
    """Opens a picture of a format that is known.

    Raises:
        Refused: Its header makes no sense to Pillow.
    """
    file.seek(0)
    register()
    try:
        return Image.open(file, formats=(kind,))
    except Image.DecompressionBombError as error:
        detail = f"has too many pixels ({error})"
        raise Refused("too_many_pixels", detail) from None
    except MemoryError:
        raise
    # Decoders meet senseless input in their own ways.
    except Exception as error:
        raise undecodable(kind, error) from None


def undecodable(kind: str, error: Exception) -> Refused:
    """Returns what to say of a picture that a decoder refuses."""
    reason = str(error) or type(error).__name__
    cut = "truncated" in reason.lower()
    return Refused(
        "truncated" if cut else "damaged",
        f"is a {kind} that cannot be decoded ({reason})",
    )
