"""EXIF that says nothing of how a picture lies, and how much is read for it.

What Pillow makes of a file is right; it is not asked where the parts tell.
"""

import io
import struct
import zlib

import pytest
from PIL import Image

from pipelines.data.inspection import orientation
from pipelines.data.inspection.classification import Limits
from pipelines.data.inspection.classification import inspect_file
from pipelines.data.inspection.orientation import orientation_of

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="6"/>'
ADOBE = b"http://ns.adobe.com/xap/1.0/\x00"


def exif_of(lies=None):
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    if lies:
        exif[0x0112] = lies
    return exif.tobytes()


def segment(body):
    return b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body


def chunk(name, body):
    checksum = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + checksum


def before(encoded, mark, more):
    place = encoded.index(mark)
    return encoded[:place] + more + encoded[place:]


@pytest.fixture
def jpeg(encode, noise):
    return encode(noise(20, 30), "JPEG")


@pytest.fixture
def png(encode, noise):
    return encode(noise(20, 30))


@pytest.fixture
def asked(monkeypatch):
    """Counts how often Pillow is asked."""
    times = []
    ask = orientation._by_pillow
    monkeypatch.setattr(
        orientation, "_by_pillow", lambda each: times.append(1) or ask(each)
    )
    return times


def by_pillow(encoded):
    with Image.open(io.BytesIO(encoded)) as picture:
        # As `ImageOps.exif_transpose` does before it looks.
        picture.load()
        return picture.getexif().get(0x0112, 1)


def test_exif_without_the_tag_needs_no_pillow(jpeg, png, asked):
    tiff = exif_of()[6:]
    files = [
        before(jpeg, b"\xff\xdb", segment(exif_of())),
        png[:33] + chunk(b"eXIf", tiff) + png[33:],
        png[:-12] + chunk(b"eXIf", tiff) + png[-12:],
    ]
    for encoded in files:
        assert by_pillow(encoded) == orientation_of(encoded) == 1
    assert asked == []


@pytest.mark.parametrize("mark", [b"\xff\xdb", b"\xff\xc4", b"\xff\xda"])
def test_an_editors_notes_count_behind_exif_without_the_tag(jpeg, mark):
    silent = before(jpeg, b"\xff\xdb", segment(exif_of()))
    for fill in (b"", b"\xff", b"\xff\xff"):
        encoded = before(silent, mark, fill + segment(ADOBE + XMP))
        assert by_pillow(encoded) == orientation_of(encoded) == 6
    # Also before it, and what EXIF says counts more than they do.
    first = before(silent, b"\xff\xe1", segment(ADOBE + XMP))
    assert by_pillow(first) == orientation_of(first) == 6
    tagged = before(jpeg, b"\xff\xdb", segment(exif_of(3)))
    both = before(tagged, mark, segment(ADOBE + XMP))
    assert by_pillow(both) == orientation_of(both) == 3


def test_a_second_exif_is_read_as_pillow_does(jpeg, png):
    two = segment(exif_of()) + segment(exif_of(6))
    encoded = before(jpeg, b"\xff\xdb", two)
    assert orientation_of(encoded) == by_pillow(encoded) == 1
    chunks = [chunk(b"eXIf", each[6:]) for each in (exif_of(), exif_of(6))]
    encoded = png[:33] + b"".join(chunks) + png[33:]
    assert orientation_of(encoded) == by_pillow(encoded) == 6
    encoded = png[:33] + chunks[0] + png[33:-12] + chunks[1] + png[-12:]
    assert orientation_of(encoded) == by_pillow(encoded) == 6


def test_notes_of_a_png_count_behind_exif_without_the_tag(png):
    notes = chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + XMP)
    silent = chunk(b"eXIf", exif_of()[6:])
    for parts in (silent + notes, notes + silent):
        encoded = png[:33] + parts + png[33:]
        assert by_pillow(encoded) == orientation_of(encoded) == 6


def test_what_stands_behind_the_end_of_a_png_says_nothing(png):
    encoded = png + chunk(b"eXIf", exif_of(6)[6:])
    assert by_pillow(encoded) == orientation_of(encoded) == 1


class Counted(io.BytesIO):
    """A file that knows how many bytes of it were asked for."""

    count = 0

    def read(self, size=-1):
        content = super().read(size)
        self.count += len(content)
        return content


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {}), ("JPEG", {})],
)
def test_a_look_at_the_header_does_not_read_the_file(
    encode, noise, kind, options
):
    encoded = encode(noise(400, 400), kind, **options)
    # Beside a note that does not matter.
    if kind == "PNG":
        encoded = encoded[:33] + chunk(b"tEXt", b"Software\0A") + encoded[33:]
    file = Counted(encoded)
    look, _ = inspect_file(file, len(encoded), "", False, Limits())
    assert look.problem == "" and look.orientation == 1
    # Pillow's WebP plugin reads all that it opens; so does a look at a JPEG's
    # first part, up to 256 kB of it.
    wholes = {"WEBP": 1, "JPEG": 1}
    assert file.count < wholes.get(kind, 0) * len(encoded) + 20_000
