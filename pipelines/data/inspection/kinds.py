"""What can be said of a file, as one table: how bad it is, and what helps.

A file is `ok`, has a `note` (it can be trained on, but somebody should know)
or is to `refuse`: TensorFlow cannot decode it, decodes it to wrong pixels
without a word, or needs memory that nobody wants to give it.
"""

import dataclasses

OK, NOTE, REFUSE = "ok", "note", "refuse"


@dataclasses.dataclass(frozen=True)
class Kind:
    """One row of the table.

    Args:
        level: `"note"` or `"refuse"`.
        title: A heading for all files of this kind.
        remedy: What a person can do.
    """

    level: str
    title: str
    remedy: str


_SAVE_PNG = "Save it as PNG."
_AGAIN = "Fetch the file again, or remove it."

KINDS = {
    # Not a picture at all.
    "empty": Kind(REFUSE, "Empty files", _AGAIN),
    "unreadable": Kind(REFUSE, "Files that cannot be read", "Check its rights"),
    "html": Kind(REFUSE, "Web pages named as pictures", _AGAIN),
    "lfs_pointer": Kind(REFUSE, "Git LFS pointers", "Run `git lfs pull`."),
    "text": Kind(REFUSE, "Text named as a picture", _AGAIN),
    "zeros": Kind(REFUSE, "Files of zeros", _AGAIN),
    "other_format": Kind(
        REFUSE, "Formats that are not read", "Save it as JPEG."
    ),
    "no_picture": Kind(REFUSE, "Files that are no pictures", _AGAIN),
    # Damaged.
    "truncated": Kind(REFUSE, "Truncated pictures", _AGAIN),
    "damaged": Kind(REFUSE, "Damaged pictures", _AGAIN),
    # Wrong pixels without a word.
    "cmyk_without_adobe": Kind(
        REFUSE,
        "CMYK JPEGs without Adobe's marker: decoded to black",
        "Save it as RGB.",
    ),
    "palette_bmp": Kind(REFUSE, "BMPs with a palette", _SAVE_PNG),
    "unusual_bmp": Kind(REFUSE, "BMPs of a kind that is not read", _SAVE_PNG),
    "unusual_jpeg": Kind(
        REFUSE, "JPEGs of a kind that TensorFlow does not read", "Save it anew."
    ),
    "unusual_tiff": Kind(
        REFUSE, "TIFFs that do not have 8 bits a colour", _SAVE_PNG
    ),
    "low_bits": Kind(
        REFUSE,
        "16-bit PNGs with 12 bits or fewer inside: decoded to almost black",
        "Scale its values to 0…65535.",
    ),
    "webp_alpha": Kind(REFUSE, "WebPs with transparency", _SAVE_PNG),
    "webp_animation": Kind(REFUSE, "WebPs with several frames", _SAVE_PNG),
    # Too much.
    "too_many_pixels": Kind(REFUSE, "More pixels than allowed", "Scale it."),
    "too_many_bytes": Kind(REFUSE, "More bytes than allowed", "Scale it."),
    "too_many_frames": Kind(
        REFUSE,
        "Animations of more pixels than allowed",
        "Save its first frame as PNG.",
    ),
    "memory": Kind(REFUSE, "Decoding takes too much memory", "Scale it."),
    "hung": Kind(REFUSE, "Decoding does not end", "Remove it."),
    "failed": Kind(REFUSE, "Files that nothing can be said of", "Remove it."),
    "crashed": Kind(REFUSE, "Decoding kills the decoder", "Remove it."),
    # Against what a manifest says.
    "changed": Kind(
        REFUSE,
        "Files that are not the ones the manifest lists",
        "Bring the old file back, or write the manifest anew.",
    ),
    # Fine, but worth a look.
    "wrong_extension": Kind(
        NOTE, "Named as another format", "Rename it; it is read all the same."
    ),
    "cmyk": Kind(NOTE, "CMYK, turned into RGB", "Save it as RGB."),
    "alpha": Kind(
        NOTE,
        "Transparency, which is dropped: what is hidden shows",
        "Lay it on a background.",
    ),
    "sixteen_bit": Kind(
        NOTE, "16 bits a channel, of which the upper 8 are read", ""
    ),
    "animation": Kind(NOTE, "Animations: only the first frame is read", ""),
    "several_pictures": Kind(
        NOTE, "Several pictures in one file: the first is read", ""
    ),
    "rotated": Kind(
        NOTE,
        "On its side, or mirrored: turned upright, as its EXIF asks for",
        "",
    ),
    "trailing_bytes": Kind(NOTE, "Bytes after the picture's end", ""),
    "small": Kind(NOTE, "Shorter side under 32 pixels", ""),
    "large": Kind(
        NOTE, "More than 25 million pixels: slow to decode", "Scale it."
    ),
    "long": Kind(NOTE, "One side over 4 times the other", "Crop it."),
    "blank": Kind(NOTE, "Of one colour", "Look whether it is a picture."),
}


def level_of(problem: str, notes) -> str:
    """Returns `"ok"`, `"note"` or `"refuse"`."""
    return REFUSE if problem else NOTE if notes else OK
