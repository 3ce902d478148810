"""Boxes of pictures in the forms of VOC and of YOLO, as whole pixels.

| form | pictures | boxes |
|---|---|---|
| VOC | `JPEGImages/` | `Annotations/NAME.xml` |
| YOLO | `images/` | `labels/NAME.txt` |

A line of YOLO's is a class, the centre and the size as parts of the picture;
its classes are COCO's 80 in their order.
"""

import dataclasses
import pathlib
from collections.abc import Iterator
from xml.etree import ElementTree

from pipelines.data.inspection.pillow_opening import open_encoded
from pipelines.data.inspection.refusal import Refused
from zoo.errors import DataError

COCO = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train",
    "truck", "boat", "traffic light", "fire hydrant", "stop sign",
    "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag",
    "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite",
    "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon",
    "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot",
    "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant",
    "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote",
    "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
    "hair drier", "toothbrush",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Box:
    """What a part of a picture shows.

    Args:
        name: Of its class.
        sides: Left, top, right and bottom in pixels of the picture.
    """

    name: str
    sides: tuple[float, float, float, float]


def has_boxes(folder) -> bool:
    """Whether a folder is in one of the two forms."""
    place = pathlib.Path(folder)
    return any(
        (place / pictures).is_dir() and (place / notes).is_dir()
        for pictures, notes, _, _ in _FORMS
    )


_UNREADABLE = (OSError, ValueError, TypeError, ElementTree.ParseError, Refused)


def read_boxes(folder) -> Iterator[tuple[pathlib.Path, list[Box]]]:
    """Yields each picture of a folder and its boxes, by the names of files.

    Args:
        folder: In the form of VOC or of YOLO. Pictures without a file of
            boxes have none.

    Raises:
        DataError: A file of boxes cannot be read.
    """
    place = pathlib.Path(folder)
    for pictures, notes, ending, read in _FORMS:
        if (place / pictures).is_dir() and (place / notes).is_dir():
            for picture in sorted((place / pictures).iterdir()):
                note = place / notes / f"{picture.stem}{ending}"
                if note.is_file():
                    yield picture, _read(read, note, picture)
            return


def _read(read, note: pathlib.Path, picture: pathlib.Path) -> list[Box]:
    try:
        return read(note, picture)
    except _UNREADABLE as error:
        raise DataError(f"{note} holds no boxes ({error}).") from error


def _voc(note: pathlib.Path, _) -> list[Box]:
    return [
        Box(
            each.findtext("name"),
            tuple(
                float(each.findtext(f"bndbox/{side}"))
                for side in ("xmin", "ymin", "xmax", "ymax")
            ),
        )
        for each in ElementTree.parse(note).getroot().iter("object")
    ]


def _yolo(note: pathlib.Path, picture: pathlib.Path) -> list[Box]:
    with open_encoded(picture.read_bytes()) as opened:
        width, height = opened.size
    boxes = []
    for line in note.read_text().splitlines():
        number, *parts = line.split()
        if not 0 <= int(number) < len(COCO):
            raise ValueError(f"class {number} is none of COCO's 80")
        x, y, w, h = map(float, parts)
        sides = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        scales = (width, height, width, height)
        boxes.append(
            Box(
                COCO[int(number)],
                tuple(a * b for a, b in zip(sides, scales, strict=True)),
            )
        )
    return boxes


_FORMS = (
    ("JPEGImages", "Annotations", ".xml", _voc),
    ("images", "labels", ".txt", _yolo),
)
