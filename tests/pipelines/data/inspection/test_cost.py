"""What a look at a tiny picture costs, in calls of functions.

Of pictures of 2 kB that is nearly all, and unlike the time it is the same on
a busy machine. More than there may be: something is done twice.
"""

import sys

import pytest
from PIL import Image

from pipelines.data.checks import inspect
from pipelines.data.inspection.classification import classify

# Training's check, its look at the header alone, and the audit's.
MOST = {
    "JPEG": (390, 280, 480),
    "PNG": (120, 190, 410),
    "WEBP": (140, 110, 240),
    "GIF": (230, 170, 310),
    "BMP": (200, 155, 280),
}


def calls_of(function, *values, **options):
    """Counts what it calls, once everything is imported and compiled."""
    for _ in range(2):
        function(*values, **options)
    count = 0

    def note(frame, event, value):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function(*values, **options)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("kind", MOST)
def test_a_tiny_picture_takes_few_calls(encode, smooth, kind):
    encoded = encode(smooth(32, 32), kind)
    found = (
        calls_of(inspect, encoded),
        calls_of(inspect, encoded, decode=False),
        calls_of(classify, encoded),
    )
    for count, most in zip(found, MOST[kind], strict=True):
        assert count <= most


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_without_the_tag_takes_few_calls(encode, smooth, kind):
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    plain, noted = (
        calls_of(classify, encode(smooth(32, 32), kind, **options))
        for options in ({}, {"exif": exif})
    )
    # Pillow reads EXIF when it opens a file; it is not opened again.
    assert noted <= plain + 200
