"""Pictures that are wrong in sixty ways, all of them made here."""

import io
import struct
import zlib

import numpy as np
import pytest
from overconfident import too_sure
from PIL import Image
from victims import victim
from wide import pytest_collection_modifyitems

# What pytest finds here, and is in files of its own.
__all__ = ["pytest_collection_modifyitems", "too_sure", "victim"]

PLACEHOLDER = b"<!DOCTYPE html><html><title>404</title>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"


def saved(picture, kind, **options):
    """Returns a picture's file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def photo(seed=0, size=(48, 40)):
    """A smooth picture that no other seed resembles."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 6, 3), "uint8")
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def chunk(kind, data):
    crc = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + crc


def png_bomb(side):
    """A PNG that says it is huge, in 57 bytes."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def webp_bomb(side):
    """A lossless WebP of one colour, in 40 bytes or fewer."""
    bits = (side - 1) | (side - 1) << 14
    content = b"\x2f" + struct.pack("<I", bits) + bytes.fromhex("0788 8fff")
    content += bytes(-len(content) % 2)
    body = b"WEBPVP8L" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body


def patched_jpeg(jpeg, side):
    """A JPEG whose header states another size; its data is missing."""
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + struct.pack(">HH", side, side) + jpeg[place + 4 :]


def bmp(bits=24, compression=0, info=40, size=(4, 4), extra=b""):
    """A BMP of any header."""
    row = (bits * size[0] + 31) // 32 * 4
    table = bytes(4 * 2**bits) if bits <= 8 else b""
    offset = 14 + info + len(table)
    header = struct.pack(
        "<IiiHHIIiiII", info, *size, 1, bits, compression, 0, 0, 0, 0, 0
    )
    if info == 12:  # OS/2
        header = struct.pack("<IHHHH", info, *size, 1, bits)
    head = b"BM" + struct.pack("<IHHI", 0, 0, 0, offset)
    return head + header + table + bytes(row * size[1]) + extra


def sixteen_bit(highest, kind="PNG"):
    levels = np.linspace(0, highest, 48 * 40).reshape(40, 48)
    return saved(Image.fromarray(levels.astype("uint16")), kind)


def without_adobe(cmyk):
    """Cuts Adobe's marker out of a CMYK JPEG."""
    place = cmyk.index(b"\xff\xee")
    (length,) = struct.unpack(">H", cmyk[place + 2 : place + 4])
    return cmyk[:place] + cmyk[place + 2 + length :]


def zeroed(encoded, part):
    """Sets the last part of a file to zero."""
    keep = int(len(encoded) * (1 - part))
    return encoded[:keep] + bytes(len(encoded) - keep)


def flipped(encoded, place):
    return encoded[:place] + bytes([encoded[place] ^ 1]) + encoded[place + 1 :]


def frames(count, size=(48, 40)):
    return [photo(i, size) for i in range(1, count)]


def no_pictures():
    return {
        "empty.jpg": (b"", "empty"),
        "page.jpg": (PLACEHOLDER, "html"),
        "page_with_space.png": (b"\n  <HTML><p>", "html"),
        "pointer.jpg": (POINTER, "lfs_pointer"),
        "text.jpg": (b"no picture at all", "text"),
        "json.jpg": (b'{"error": "not found"}', "text"),
        "zeros.jpg": (bytes(500), "zeros"),
        "noise.jpg": (bytes(range(200, 256)) * 9, "no_picture"),
        "icon.jpg": (saved(photo(), "ICO"), "other_format"),
        "jp2.jpg": (b"\x00\x00\x00\x0cjP  \r\n\x87\n" * 9, "other_format"),
        "j2k.jpg": (b"\xff\x4f\xff\x51\x00" * 9, "other_format"),
        "avif.jpg": (b"\x00\x00\x00\x1cftypavif" * 9, "damaged"),
        "heic.jpg": (b"\x00\x00\x00\x18ftypheic" * 9, "other_format"),
        "film.jpg": (b"\x00\x00\x00\x18ftypisom" * 9, "other_format"),
        "jxl.jpg": (b"\xff\x0a\xfa\x1f\x01" * 9, "other_format"),
        "svg.jpg": (b"<svg xmlns='http://www.w3.org'/>", "other_format"),
        "pdf.jpg": (b"%PDF-1.7\n%", "other_format"),
        "zip.jpg": (b"PK\x03\x04" + bytes(99), "other_format"),
    }


def cut():
    picture = photo()
    jpeg, png = saved(picture, "JPEG"), saved(picture, "PNG")
    progressive = saved(picture, "JPEG", progressive=True)
    webp = saved(picture, "WEBP")
    return {
        "half.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "no_end.jpg": (jpeg[:-2], "truncated"),
        "last_byte.jpg": (jpeg[:-1], "truncated"),
        "header.jpg": (jpeg[:200], "truncated"),
        "three_bytes.jpg": (b"\xff\xd8\xff", "truncated"),
        "half_progressive.jpg": (progressive[:-300], "truncated"),
        "zero_tail.jpg": (zeroed(jpeg, 0.4), "truncated"),
        "half.png": (png[: len(png) // 2], "truncated"),
        "no_end.png": (png[:-12], "truncated"),
        "signature.png": (png[:8], "truncated"),
        "half.gif": (saved(picture, "GIF")[:-60], "truncated"),
        "half.bmp": (saved(picture, "BMP")[:-999], "truncated"),
        "header.bmp": (saved(picture, "BMP")[:20], "truncated"),
        "half.webp": (webp[: len(webp) // 2], "truncated"),
        "header.webp": (webp[:20], "truncated"),
        "missing_data.jpg": (patched_jpeg(jpeg, 7000), "truncated"),
    }


def damaged():
    jpeg, png = saved(photo(), "JPEG"), saved(photo(), "PNG")
    gif, webp = saved(photo(), "GIF"), saved(photo(), "WEBP")
    scan = jpeg.index(b"\xff\xda")
    return {
        "flipped.png": (flipped(png, len(png) // 2), "damaged"),
        "end_checksum.png": (flipped(png, len(png) - 1), "damaged"),
        "zero_tail.png": (zeroed(png, 0.3), "damaged"),
        "no_frame.jpg": (jpeg[:20] + jpeg[scan:], "damaged"),
        "no_pixels.jpg": (patched_jpeg(jpeg, 0), "damaged"),
        "block.gif": (flipped(gif, 13 + 3 * 256), "damaged"),
        "no_frame.gif": (gif[: 13 + 3 * 256] + b";", "damaged"),
        "chunk.webp": (webp[:12] + b"ABCD" + webp[16:], "damaged"),
    }


def wrong_pixels():
    picture = photo()
    sheer = picture.copy()
    sheer.putalpha(100)
    moving = {"save_all": True, "append_images": frames(3)}
    cmyk = saved(picture.convert("CMYK"), "JPEG")
    return {
        "cmyk_plain.jpg": (without_adobe(cmyk), "cmyk_without_adobe"),
        "palette.bmp": (saved(picture.convert("P"), "BMP"), "palette_bmp"),
        "one_bit.bmp": (saved(picture.convert("1"), "BMP"), "palette_bmp"),
        "four_bits.bmp": (bmp(bits=4), "palette_bmp"),
        "sixteen_bits.bmp": (bmp(bits=16), "unusual_bmp"),
        "compressed.bmp": (bmp(bits=8, compression=1), "unusual_bmp"),
        "os2.bmp": (bmp(info=12), "unusual_bmp"),
        "garbage.bmp": (bmp(extra=b"garbage"), "unusual_bmp"),
        "sixteen_bits.tif": (sixteen_bit(4095, "TIFF"), "unusual_tiff"),
        "twelve_bits.png": (sixteen_bit(4095), "low_bits"),
        "ten_bits.png": (sixteen_bit(1023), "low_bits"),
        "alpha.webp": (saved(sheer, "WEBP"), "webp_alpha"),
        "moving.webp": (saved(picture, "WEBP", **moving), "webp_animation"),
    }


def bombs():
    jpeg = saved(photo(), "JPEG")
    many = {"save_all": True, "append_images": frames(60)}
    gif = bytearray(saved(photo(), "GIF", **many))
    gif[6:10] = struct.pack("<HH", 2000, 2000)
    return {
        "bomb.webp": (webp_bomb(16383), "too_many_pixels"),
        "bomb.jpg": (patched_jpeg(jpeg, 13300), "too_many_pixels"),
        "bomb.png": (png_bomb(20000), "too_many_pixels"),
        "bomb.bmp": (
            bmp()[:18] + struct.pack("<ii", 30000, 30000) + bytes(99),
            "too_many_pixels",
        ),
        "bomb.gif": (bytes(gif), "too_many_frames"),
    }


@pytest.fixture(scope="session")
def malformed():
    """Sixty files by name: their bytes, and the kind each must be told as."""
    return {
        **no_pictures(),
        **cut(),
        **damaged(),
        **wrong_pixels(),
        **bombs(),
    }


@pytest.fixture(scope="session", name="saved")
def _saved():
    return saved


@pytest.fixture(scope="session", name="photo")
def _photo():
    return photo


@pytest.fixture(scope="session")
def sound():
    """Sound files by name: their bytes and the notes each must get."""
    picture = photo()
    sheer = picture.copy()
    sheer.putalpha(100)
    small = photo(size=(30, 20))
    moving = {"save_all": True, "append_images": frames(3)}
    upright = saved(picture, "JPEG")
    cmyk = saved(picture.convert("CMYK"), "JPEG")
    return {
        "photo.jpg": (upright, ()),
        "photo.JPEG": (upright, ()),
        "progressive.jpg": (saved(picture, "JPEG", progressive=True), ()),
        "grey.jpg": (saved(picture.convert("L"), "JPEG"), ()),
        "cmyk.jpg": (cmyk, ("cmyk",)),
        "garbage.jpg": (upright + b"garbage", ("trailing_bytes",)),
        "photo.png": (saved(picture, "PNG"), ()),
        "palette.png": (saved(picture.convert("P"), "PNG"), ()),
        "alpha.png": (saved(sheer, "PNG"), ("alpha",)),
        "sixteen.png": (sixteen_bit(65535), ("sixteen_bit",)),
        "moving.png": (saved(picture, "PNG", **moving), ("animation",)),
        "really_a.jpg": (saved(picture, "PNG"), ("wrong_extension",)),
        "photo.gif": (saved(picture, "GIF"), ()),
        "moving.gif": (saved(picture, "GIF", **moving), ("animation",)),
        "photo.bmp": (saved(picture, "BMP"), ()),
        "grey.bmp": (saved(picture.convert("L"), "BMP"), ()),
        "photo.webp": (saved(picture, "WEBP"), ()),
        "lossless.webp": (saved(picture, "WEBP", lossless=True), ()),
        "photo.tif": (saved(picture, "TIFF"), ()),
        "small.png": (saved(small, "PNG"), ("small",)),
    }
