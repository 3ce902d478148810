"""What becomes of an orientation that a picture's EXIF asks for.

Pure Python: settings name these before anything is imported.
"""

UPRIGHT, IGNORE = "upright", "ignore"
ORIENTATIONS = (UPRIGHT, IGNORE)
ORIENTATION_HELP = (
    "What becomes of pictures whose EXIF says that they lie on their side, as "
    "a phone's do: upright turns them, ignore takes them as they are stored, "
    "as timm, torchvision and Keras do."
)
