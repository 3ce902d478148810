"""A file of features: what a network makes of every picture of a data set.

A `.npz` that `numpy.load` reads without pickle:

| member | what it is |
|---|---|
| `features` | float32 `(pictures, width)`, or maps where they are not pooled |
| `names` | of the pictures: paths, absolute where they are files |
| `labels` | int32 `(pictures,)`; -1 where a picture has none |
| `class_names` | in label order |
| `parts` | `train`, `validation` or empty, a string a picture |
| `recipe` | JSON: how to compute the same of another picture |

Where a picture may show several classes, labels are 0 or 1 of shape
`(pictures, classes)`.
"""

import dataclasses
import json
import pathlib
import zipfile
import zlib

import numpy as np

from pipelines.pages.commands import command
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.weights.atomic import replacing

_MEMBERS = ("features", "names", "labels", "class_names", "parts", "recipe")
_KINDS = {"features": "f", "labels": "i"}
_DAMAGE = (
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclasses.dataclass(frozen=True)
class Provenance:
    """How features were computed, so that others can be computed alike.

    Args:
        model: A run's folder, a `.keras` file or a name, as `open_model`
            takes it; paths are absolute.
        weights: Of a model given by name.
        stage: See `pipelines.features.embedding.Embedder`.
        pool: Likewise.
        preprocessing: What the network expects of a picture.
        sha256: Of the weights that the features depend on.
        data: What the pictures come from, as `data` has it; paths are
            absolute.
        upright: Whether pictures were turned as their EXIF asked for.
    """

    model: str
    weights: str | None
    stage: str
    pool: bool
    preprocessing: Preprocessing
    sha256: str
    data: str = ""
    upright: bool = True

    def as_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Provenance":
        """Reads what `as_json` wrote; ValueError, TypeError, KeyError else."""
        values = json.loads(text)
        record = Preprocessing(**values.pop("preprocessing"))
        # Before there was a choice, they were taken as they were stored.
        values.setdefault("upright", False)
        return cls(preprocessing=record, **values)


@dataclasses.dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features and all that is known of the pictures they are of.

    Args:
        features: float32 `(pictures, …)`.
        names: str `(pictures,)`.
        labels: int32 `(pictures,)`; -1 where there is none. Where a picture
            may show several classes, 0 or 1 of shape `(pictures, classes)`.
        class_names: In label order.
        parts: str `(pictures,)`: the part of the data, or empty.
        recipe: How the features were computed.
    """

    features: np.ndarray
    names: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    parts: np.ndarray
    recipe: Provenance

    def __len__(self):
        return len(self.features)

    def label_of(self, place: int) -> str:
        """Returns the name of a picture's class, or ""."""
        label = self.labels[place]
        if self.labels.ndim == 2:
            names = zip(self.class_names, label, strict=True)
            return ", ".join(name for name, shown in names if shown)
        return self.class_names[label] if label >= 0 else ""


def check_new(path) -> None:
    """Refuses to write over a file, or to write one that is no `.npz`.

    Raises:
        RequestError: It is there already, or is to be called otherwise.
    """
    path = pathlib.Path(path)
    if path.suffix != ".npz":
        raise RequestError(
            f"Features are written as .npz. Received: `output={path}`"
        )
    if path.exists():
        raise RequestError(
            f"`output={path}` is there already. Give another name, or remove "
            "it first."
        )
    if not path.parent.is_dir():
        raise RequestError(
            f"`output={path}`: there is no folder {path.parent}. Make it first."
        )


def save_features(table: FeatureTable, path) -> None:
    """Writes a table, whole or not at all, and never over another file.

    Args:
        table: What is written.
        path: Ends in `.npz`.

    Raises:
        RequestError: The file is there already.
        OSError: The disk is full or the folder cannot be written.
    """
    path = pathlib.Path(path)
    check_new(path)
    # Written to the disk piece by piece: it may be larger than the memory.
    with replacing(path) as temporary:
        with open(temporary, "xb") as file:
            np.savez(
                file,
                features=np.asarray(table.features, "float32"),
                names=np.asarray(table.names, "str"),
                labels=np.asarray(table.labels, "int32"),
                class_names=np.asarray(table.class_names, "str"),
                parts=np.asarray(table.parts, "str"),
                recipe=np.asarray(table.recipe.as_json()),
            )
        check_new(path)


def load_features(path) -> FeatureTable:
    """Reads a table that `save_features` wrote.

    Args:
        path: The `.npz`.

    Raises:
        RequestError: There is no such file.
        IntegrityError: It is damaged, or is no file of features.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise RequestError(
            f"There is no file of features {path}. Write one: "
            f"{command('features', model='RUN', data='PHOTOS')}"
        )
    try:
        members = _read(path)
        recipe = Provenance.from_json(str(members["recipe"]))
        _check(members)
    except _DAMAGE as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise IntegrityError(
            f"{path} is damaged, or is no file of features: "
            f"{reason[0]}. Write it anew."
        ) from error
    return FeatureTable(
        members["features"],
        members["names"],
        members["labels"],
        tuple(members["class_names"].tolist()),
        members["parts"],
        recipe,
    )


def _read(path: pathlib.Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        # No member can unpack to more than the file holds.
        packed = [
            member.filename
            for member in archive.infolist()
            if member.compress_type != zipfile.ZIP_STORED
        ]
        if packed:
            raise ValueError(f"{packed[0]} is compressed")
    with np.load(path) as file:
        return {name: file[name] for name in _MEMBERS}


def _check(members: dict[str, np.ndarray]) -> None:
    for name, array in members.items():
        expected = _KINDS.get(name, "U")
        if array.dtype.kind != expected:
            raise ValueError(f"{name} is of type {array.dtype}")
    features, labels = members["features"], members["labels"]
    if features.ndim < 2:
        raise ValueError(f"features have the shape {features.shape}")
    classes = members["class_names"].size
    several = labels.ndim == 2
    expected = (len(features),)
    shapes = {
        "names": expected,
        "labels": (*expected, classes) if several else expected,
        "parts": expected,
    }
    for name, shape in shapes.items():
        if members[name].shape != shape:
            raise ValueError(
                f"{name} have the shape {members[name].shape}, expected {shape}"
            )
    least, most = (0, 2) if several else (-1, classes)
    if labels.size and not least <= labels.min() <= labels.max() < most:
        raise ValueError(f"a label is no place in {classes} class names")
