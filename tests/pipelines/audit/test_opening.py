"""The audit lists what training reads: one table of layouts, both ways.

A name that ends in `/` is a folder, `path -> target` a link, `path |` a pipe,
any other name a file.
"""

import os

import numpy as np
import pytest

from pipelines.audit.listing import ListedPicture
from pipelines.audit.opening import open_data
from pipelines.data.sources.files import read_files
from pipelines.data.sources.folder import open_folder
from pipelines.data.sources.folder import open_whole_folder
from pipelines.data.sources.layout import TRAIN
from pipelines.data.sources.layout import VALIDATION
from pipelines.data.sources.layout import WHOLE
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError

PLAIN = ("a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg")
SPLIT = (
    *(f"train/{name}" for name in PLAIN),
    "val/a/5.jpg",
    "val/b/6.jpg",
)

# The layout, what is said of it besides the pictures, and how many there are.
LAYOUTS = {
    "class folders": (PLAIN, {}, 4),
    "two parts": (SPLIT, {}, 6),
    "endings in capitals": ((*PLAIN, "a/5.JPG", "a/6.Jpeg"), {}, 6),
    "other endings": (
        (*PLAIN, "a/5.tiff", "a/6.jpg.txt"),
        {"unread": 1, "left_out": 1},
        5,
    ),
    "a class of trains": (
        ("Train/1.jpg", "Train/2.jpg", "bus/3.jpg", "bus/4.jpg"),
        {},
        4,
    ),
    "parts in capitals": (
        ("Training_Set/a/1.jpg", "Training_Set/b/2.jpg", "TEST/a/3.jpg",
         "TEST/b /4.jpg"),
        {"one_picture": 2},
        4,
    ),
    "junk": (
        (*PLAIN, "@eaDir/x/1.jpg", "__MACOSX/a/2.jpg", "#recycle/3.jpg",
         "$RECYCLE.BIN/4.jpg", "lost+found/5.jpg",
         ".ipynb_checkpoints/6.jpg", "a/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg",
         "a/SYNOFILE_THUMB_1.jpg", "b/thumbnails/3.jpg", "b/Thumbs/3.jpg"),
        {"hidden": 10},
        4,
    ),
    "other names of parts": (
        ("training/a/1.jpg", "training/b/2.jpg", "test/a/3.jpg",
         "test/b/4.jpg"),
        {"one_picture": 2},
        4,
    ),
    "parts beside those that are read": (
        (*SPLIT, "test/a/7.jpg", "valid/a/8.jpg", "extra/a/9.jpg", ".git/x"),
        {"other_parts": 3},
        6,
    ),
    "a part beside class folders is read alone": (
        ("train/a/1.jpg", "train/a/2.jpg", "train/b/3.jpg", "train/b/4.jpg",
         "c/5.jpg"),
        {"other_parts": 1},
        4,
    ),
    "hidden": (
        (*PLAIN, "a/.x.jpg", "a/.d/5.jpg", ".c/6.jpg", ".7.jpg"),
        {"hidden": 4},
        4,
    ),
    "system files": (
        (*PLAIN, "a/Thumbs.db", "ehthumbs.db", "a/desktop.ini", "b/Icon\r"),
        {"hidden": 4},
        4,
    ),
    "beside the classes": (
        (*PLAIN, "5.jpg", "readme.txt"),
        {"beside": 1, "unread": 1, "left_out": 1},
        4,
    ),
    "sub-folders come last": (
        ("a/b/1.jpg", "a/c.jpg", "a/a/z/2.jpg", "a/a/y.jpg", *PLAIN[2:]),
        {},
        6,
    ),
    "odd names": (
        (*PLAIN, "b/new\nline.jpg", "b/ x .jpg", "b/\udcff\udcfe.jpg"),
        {"odd": 3},
        7,
    ),
    "odd class names": (("ö ä/1.jpg", "ö ä/2.jpg", "a\u0308/3.jpg",
                         "a\u0308/4.jpg"), {}, 4),
    "a pipe": ((*PLAIN, "a/5.jpg |", "pipe |"), {"irregular": 2}, 4),
    # The layout that training and the audit once read differently.
    "a link to a class": (
        ("a/1.jpg", "a/sub/2.jpg", *PLAIN[2:], "c -> b"),
        {"links": 1},
        4,
    ),
    "a link to a class in another part": (
        (*SPLIT[:4], "val/a/5.jpg", "val/b -> ../train/b"),
        {},
        7,
    ),
    "a link to a picture": ((*PLAIN, "a/5.jpg -> ../b/3.jpg"), {"links": 1}, 4),
    "a link to a folder in a class": (
        (*PLAIN, "b/c/5.jpg", "a/d -> ../b/c"),
        {"links": 1},
        5,
    ),
    "a link around itself": (
        (*PLAIN, "a/up -> ..", "a/here -> .", "c -> ."),
        {"loops": 3},
        4,
    ),
    "a link to itself": (
        (*PLAIN, "c -> c", "a/d -> d"),
        {"dead_links": 2},
        4,
    ),
    "a link to a pool": (
        (*SPLIT, "pool/c/7.jpg", "pool/8.jpg", "train/a/c -> ../../pool/c",
         "train/b/8.jpg -> ../../pool/8.jpg"),
        {"other_parts": 1},
        8,
    ),
    "two links to a pool": (
        (*SPLIT, "pool/7.jpg", "train/a/c -> ../../pool",
         "train/b/c -> ../../pool"),
        {"other_parts": 1, "links": 1},
        7,
    ),
    "a part that is a link": (
        (*SPLIT[:4], "pool/a/5.jpg", "pool/b/6.jpg", "val -> pool"),
        {"other_parts": 1},
        6,
    ),
    "a link to nothing": (
        (*PLAIN, "a/x -> gone", "c -> gone", "5.jpg -> gone"),
        {"dead_links": 3},
        4,
    ),
}  # fmt: skip

# The same, where training stops and the audit goes on.
REFUSED = {
    "a picture out of it": ("a/5.jpg -> ../../out/1.jpg", "outside"),
    "another file out of it": ("a/x -> ../../out/x", "outside"),
    "a folder out of it": ("a/c -> ../../out", "outside"),
    "a class out of it": ("c -> ../out", "outside"),
    "a picture that is gone": ("a/5.jpg -> gone.jpg", "dangling"),
}


def build(root, names, encoded):
    root.mkdir()
    for number, name in enumerate(names):
        path, _, target = name.partition(" -> ")
        place = root / path.removesuffix(" |")
        place.parent.mkdir(parents=True, exist_ok=True)
        if target:
            place.symlink_to(target)
        elif path.endswith(" |"):
            os.mkfifo(place)
        else:
            # Bytes of no format where the name is no picture's.
            named = place.suffix.lower() in (".jpg", ".jpeg")
            place.write_bytes(encoded(number) if named else b"text")
    return str(root)


@pytest.fixture
def made(tmp_path, photo, saved):
    """Returns a function: builds a layout and returns its folder."""

    def make(*names):
        return build(tmp_path / "set", names, lambda i: saved(photo(i), "JPEG"))

    return make


def listed(part, examples):
    return [
        ListedPicture(path, part, examples.class_names[label])
        for path, label in zip(examples.names, examples.labels, strict=True)
    ]


def as_training(root, **options):
    """What training reads, in the audit's order: part by part, as listed."""
    splits = open_folder(root, **options)
    if not splits.split_off:
        return [
            *listed(TRAIN, splits.train),
            *listed(VALIDATION, splits.validation),
        ]
    whole = open_whole_folder(root, **options)
    both = {*splits.train.names, *splits.validation.names}
    assert both == {*whole.names}
    part = TRAIN if os.path.isdir(os.path.join(root, "train")) else WHOLE
    return listed(part, whole)


def kinds(listing):
    return {each.kind: len(each.names) for each in listing.findings}


@pytest.mark.parametrize("case", LAYOUTS)
def test_both_read_the_same(made, case):
    names, said, count = LAYOUTS[case]
    root = made(*names)
    audited = open_data(root)
    assert audited.listing.pictures == as_training(root)
    assert len(audited.listing.pictures) == count
    assert kinds(audited.listing) == said
    whole = open_whole_folder(root)
    part = {each.part for each in audited.listing.pictures} - {TRAIN}
    assert listed(max(part, default=TRAIN), whole) == [
        each
        for each in audited.listing.pictures
        if not part or each.part in part
    ]
    assert tuple(audited.listing.class_names) == whole.class_names
    # A folder's name may be written in several ways.
    again = open_data(f"{root}/").listing.pictures
    assert again == audited.listing.pictures


@pytest.mark.parametrize("case", REFUSED)
def test_the_audit_goes_on_where_training_stops(made, tmp_path, case):
    link, kind = REFUSED[case]
    root = made(*PLAIN, link)
    (tmp_path / "out").mkdir()
    for name in ("1.jpg", "2.jpg", "x"):
        (tmp_path / "out" / name).write_bytes(b"a picture")
    with pytest.raises(DataError, match="is a link"):
        open_folder(root)
    listing = open_data(root).listing
    assert kinds(listing) == {kind: 1}
    assert [each.level for each in listing.findings] == ["refuse"]
    assert len(listing.pictures) == 4
    if kind == "outside":
        allowed = open_data(root, allow_outside_links=True).listing
        read = as_training(root, allow_outside_links=True)
        assert allowed.pictures == read
        assert "outside" not in kinds(allowed)


def test_a_folder_that_cannot_be_listed(made, monkeypatch):
    root = made(*PLAIN, "b/deep/5.jpg")
    scandir = os.scandir

    def locked(folder):
        if folder.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr("pipelines.data.sources.scan.os.scandir", locked)
    with pytest.raises(DataError, match="deep cannot be listed"):
        open_folder(root)
    assert kinds(open_data(root).listing) == {"unreadable": 1}


def table(made, rows, header="path,label,split"):
    root = made(*PLAIN, "a/5.jpg", "b/6.jpg")
    path = os.path.join(root, "set.csv")
    with open(path, "w") as file:
        file.write("\n".join([header, *rows]) + "\n")
    return path


def test_a_table_is_opened_as_for_training(made):
    rows = [f"{name},{name[0]},train" for name in PLAIN]
    path = table(made, [*rows, "a/5.jpg,a,val", "b/6.jpg,b,test"])
    audited = open_data(path)
    splits = open_splits(path)
    assert audited.files
    assert audited.listing.pictures == [
        *listed(TRAIN, splits.train),
        *listed(VALIDATION, splits.validation),
    ]
    assert len(audited.listing.pictures) == 5


def test_the_note_on_a_table_leaves_its_parts_alone(made):
    """It was taken for the note on a split that is made up."""
    rows = [f"{name},{name[0]},train" for name in PLAIN]
    path = table(made, [*rows, "a/5.jpg,a,val", "b/6.jpg,b,val"])
    with open(path.replace(".csv", ".classes.json"), "w") as file:
        file.write('["a", "b", "wasp"]')
    assert "wasp" in open_splits(path).note
    parts = [each.part for each in open_data(path).listing.pictures]
    assert parts == ["train"] * 4 + ["val"] * 2


def test_a_split_that_is_made_up_is_none_of_a_table_s(made):
    path = table(made, [f"{n},{n[0]}" for n in PLAIN], "path,label")
    assert open_splits(path).split_off
    audited = open_data(path)
    assert {each.part for each in audited.listing.pictures} == {WHOLE}
    first = audited.listing.pictures[0]
    assert audited.encoded([0]) == read_files([first.path])


def test_shards_are_opened_as_for_training(made, tmp_path):
    from pipelines.data.packing.packing import pack

    root = made(*SPLIT)
    output = str(tmp_path / "packed")
    pack(open_splits(root), output)
    audited, splits = open_data(output), open_splits(output)
    assert not audited.files
    assert audited.listing.pictures == [
        *listed(TRAIN, splits.train),
        *listed(VALIDATION, splits.validation),
    ]
    held_out = splits.validation.encoded([0, 1])
    assert audited.encoded([4, 5]) == held_out
    np.testing.assert_array_equal(splits.train.labels, [0, 0, 1, 1])
