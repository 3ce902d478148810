"""Files that hold pictures or name them, and that are no folder of classes.

What is not read is named as what it is, with the way to what is read.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Container:
    """A kind of file that somebody may take for a data set.

    Args:
        name: What it is, in the singular.
        endings: Of its name, in small letters.
        remedy: What to do with it.
    """

    name: str
    endings: tuple[str, ...]
    remedy: str

    def described(self, count: int) -> str:
        """Says how many there are."""
        return f"{count} {self.name} file{'s' if count > 1 else ''}"


_ARCHIVE = "Unpack it, and give the folder."
_SHARDS = (
    "What the command pack writes is read, a folder of shards with its index; "
    "write the pictures as files in class folders, and pack those."
)
_ARRAYS = "Write its pictures as files, one folder for each class."
CSV = Container("CSV", (".csv",), "")
TSV = Container("TSV", (".tsv", ".tab"), "")
TABLES = (CSV, TSV)
TFRECORDS = Container(
    "TFRecord",
    (".tfrecord", ".tfrecords", ".tfrec", ".tfrecs"),
    "Give the folder that it lies in, with all files of the set.",
)
_OTHERS = (
    Container("ZIP archive", (".zip",), _ARCHIVE),
    Container(
        "tar archive",
        (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"),
        _ARCHIVE,
    ),
    Container("archive", (".rar", ".7z", ".gz", ".bz2", ".xz"), _ARCHIVE),
    Container(
        "Parquet",
        (".parquet",),
        "Write its pictures as files, and a table path,label.",
    ),
    Container("Arrow", (".arrow", ".feather"), _ARRAYS),
    TFRECORDS,
    Container("ArrayRecord", (".arrayrecord", ".array_record"), _SHARDS),
    Container(
        "JSON",
        (".json", ".jsonl", ".ndjson"),
        "Write a table path,label of it.",
    ),
    Container(
        "spreadsheet", (".xlsx", ".xls", ".ods"), "Save it as CSV in UTF-8."
    ),
    Container("array", (".npz", ".npy", ".mat", ".pkl", ".pickle"), _ARRAYS),
    Container("HDF5", (".h5", ".hdf5"), _ARRAYS),
    Container("LMDB", (".mdb", ".lmdb"), _ARRAYS),
    Container(
        "picture",
        (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"),
        "Give the folder that its class's folder lies in.",
    ),
    Container(
        "text",
        (".txt", ".lst", ".list"),
        "Write a table of it with the header path,label, ending in .csv.",
    ),
)
# Of a folder's files these say what it is.
_KINDS = (*TABLES, *_OTHERS)


def container_of(name: str) -> Container | None:
    """Returns what kind of container a file is by its name.

    Pictures and text are told of a whole data set only, not of the files
    beside others: `kind_of_file` does.

    Example:

        >>> from pipelines.data.sources.containers import container_of
        >>> container_of("Photos.TAR.GZ").name
        'tar archive'
    """
    kind = kind_of_file(name)
    return None if kind and kind.name in ("picture", "text") else kind


def kind_of_file(name: str) -> Container | None:
    """Returns the kind of a file by its name, pictures and text too."""
    # Shards are called data.tfrecord-00000-of-00010.
    folded = re.sub(r"-\d+-of-\d+$", "", name.lower())
    return next(
        (kind for kind in _KINDS if folded.endswith(kind.endings)), None
    )
