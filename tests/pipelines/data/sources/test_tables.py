"""Tables as people and programs write them: opened as meant, or refused."""

import os

import numpy as np
import pytest

from pipelines.audit.opening import open_data
from pipelines.data.sources.csv_columns import NamedColumns
from pipelines.data.sources.csv_source import open_csv
from pipelines.data.sources.opening import open_held_out
from pipelines.data.sources.opening import open_splits
from zoo.errors import DataError
from zoo.errors import RequestError

# Label, then number; without endings the table says `ant0`.
NAMES = [f"{name}{i}" for name in ("ant", "bee") for i in range(4)]
FILES = [f"{name}.png" for name in NAMES]


def label(name):
    return os.path.basename(name)[:3]


@pytest.fixture
def make(tmp_path, encode):
    """Returns a function: writes a table and its eight pictures."""

    def build(text, name="list.csv", folder="{name}.png"):
        for number, each in enumerate(NAMES):
            path = folder.format(name=each, label=label(each))
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.full((4, 4, 3), 30 * number, "uint8")
            file.write_bytes(encode(pixels))
        table = tmp_path / name
        table.parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        table.write_bytes(data)
        return str(table)

    return build


def rows(form, names=FILES, header=None):
    lines = [form.format(name=n, label=label(n), n=i)
             for i, n in enumerate(names)]  # fmt: skip
    return "\n".join([header, *lines] if header else lines) + "\n"


PLAIN = "{name},{label}"
FLAGS = ["0,1", "1,0"]
ROBOFLOW = "filename, ant, bee\n" + "".join(
    f"{name}, {int('ant' in name)}, {int('bee' in name)}\n" for name in FILES
)
IN_TRAIN = {"folder": "train/{name}.png"}

# The table, what else is made, and what is said of it.
TABLES = {
    "ours": (rows(PLAIN, header="path,label"), {}, ""),
    "in capitals": (rows(PLAIN, header="Path,LABEL"), {}, ""),
    "filename": (
        rows(PLAIN, header="filename,label"), {},
        "pictures by the column 'filename', labels by the column 'label'",
    ),
    "image": (rows(PLAIN, header="image,label"), {}, "the column 'image'"),
    "Hugging Face": (
        rows(PLAIN, header="file_name,label"),
        {"name": "metadata.csv"},
        "the column 'file_name'",
    ),
    "in their folder": (
        rows(PLAIN, header="file_name,label"),
        {"name": "train/metadata.csv", **IN_TRAIN},
        "the column 'file_name'",
    ),
    "dog breeds": (
        rows(PLAIN, NAMES, "id,breed"),
        {"name": "labels.csv", **IN_TRAIN},
        "pictures by the column 'id', labels by the column 'breed', in train/, "
        "without their endings.",
    ),
    "leaf diseases": (
        rows(PLAIN, header="image_id,label"),
        {"name": "train.csv", "folder": "train_images/{name}.png"},
        "in train_images/",
    ),
    "birds": (
        rows("{n},train/{label}/{name},{label},train,FOO BAR",
             header="class id,filepaths,labels,data set,scientific name"),
        {"name": "birds.csv", "folder": "train/{label}/{name}.png"},
        "pictures by the column 'filepaths', labels by the column 'labels'",
    ),
    "pandas": (
        rows("{n},{name},{label}", header=",filename,label"), {}, "'filename'",
    ),
    "more columns": (
        rows("{n},{name},12,{label},0.5", header="no,Image,age,Class,score"),
        {},
        "pictures by the column 'image', labels by the column 'class'",
    ),
    "a column of pictures with an odd name": (
        rows(PLAIN, header="Bild,label"), {}, "the column 'bild'",
    ),
    "Roboflow": (
        ROBOFLOW,
        {"name": "train/_classes.csv", **IN_TRAIN},
        "pictures by the column 'filename', labels by 2 columns of 0 and 1",
    ),
    "tabs": (rows("{name}\t{label}", header="path\tlabel"),
             {"name": "list.tsv"}, ""),
    "tabs in a .csv": (rows("{name}\t{label}", header="path\tlabel"), {}, ""),
    "semicolons": (rows("{name};{label}", header="path;label"), {}, ""),
    "blanks behind commas": (
        rows("{name}, {label}", header="path, label"), {}, "",
    ),
    "blanks everywhere": (
        rows(" {name} , {label} ", header=" path , label "), {}, "",
    ),
    "quotes behind blanks": (
        rows('"{name}", "{label}"', header='"path", "label"'), {}, "",
    ),
    "the label first": (
        rows("{label},{name}", header="label,filename"), {}, "'filename'",
    ),
    "the label first, and blanks": (
        rows("{label}, {name}", header="label, path"), {}, "",
    ),
    "from a class's folder": (
        rows(PLAIN, header="path,label"),
        {"folder": "{label}/{name}.png"}, "in ant/, bee/.",
    ),
    "from a class's folder in a part": (
        rows(PLAIN, header="path,label"),
        {"folder": "train/{label}/{name}.png"}, "in train",
    ),
    "from the folder of the pictures": (
        rows(PLAIN, header="path,label"), {"folder": "images/{name}.png"},
        "in images/",
    ),
    "dots before the paths": (rows("./{name},{label}", header="path,label"),
                              {}, ""),
    "backslashes": (
        rows("train\\{label}\\{name},{label}", header="path,label"),
        {"folder": "train/{label}/{name}.png"}, "",
    ),
    "windows": (
        b"\xef\xbb\xbf" + rows(PLAIN, header="path;label")
        .replace(",", ";").replace("\n", "\r\n").encode(), {}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_table_is_opened_as_meant(make, case):
    text, more, said = TABLES[case]
    path = make(text, **more)
    splits = open_splits(path)
    assert splits.train.class_names == ("ant", "bee")
    found = {}
    for part in (splits.train, splits.validation):
        for i, name in enumerate(part.names):
            found[os.path.basename(name)] = part.class_names[part.labels[i]]
            assert os.path.isfile(name)
    assert found == {name: label(name) for name in FILES}
    assert said in splits.note
    if not said:
        assert splits.note.startswith(path + " has no validation part")
    assert len(open_data(path).listing.pictures) == 8


def test_parts_of_a_table_have_folders_of_their_own(make, tmp_path):
    text = rows("{name},{label},train", NAMES[:6], "id,class,split")
    path = make(text + rows("{name},{label},Testing", NAMES[6:]), **IN_TRAIN)
    for name in NAMES[6:]:
        # There is one of that name in train/, too.
        (tmp_path / "test").mkdir(exist_ok=True)
        data = (tmp_path / "train" / f"{name}.png").read_bytes()
        (tmp_path / "test" / f"{name}.png").write_bytes(data + b" ")
    held_out = open_held_out(path)
    assert list(held_out.names) == [
        str(tmp_path / "test" / f"{name}.png") for name in NAMES[6:]
    ]
    assert open_held_out(path, part="test").names == held_out.names
    assert len(open_held_out(path, part="train")) == 6
    with pytest.raises(RequestError, match=r"`part=val`: .* has: train, test"):
        open_held_out(path, part="val")


def test_the_ways_to_write_an_umlaut(make, tmp_path, encode):
    (tmp_path / "gro\u0308\u00dfe.png").write_bytes(encode(np.zeros((4, 4, 3))))
    text = rows(PLAIN, header="path,label")
    path = make(text + "gr\u00f6\u00dfe.png,K\u00e4fer\nant9.png,Ka\u0308fer\n")
    (tmp_path / "ant9.png").write_bytes(encode(np.ones((4, 4, 3))))
    examples = open_held_out(path)
    assert examples.class_names == ("K\u00e4fer", "ant", "bee")
    assert examples.counts().tolist() == [2, 4, 4]


def test_columns_that_are_named(make):
    text = rows("{n},{name},x{n},{label},y", header="id,Foto,label,Tier,z")
    path = make(text)
    splits = open_splits(path, named=NamedColumns("foto", "Tier"))
    assert splits.train.class_names == ("ant", "bee")
    assert "pictures by the column 'foto', labels by the column" in splits.note
    with pytest.raises(
        RequestError,
        match=r"`label_column=breed`: .* no such column\. It has: id,Foto",
    ):
        open_splits(path, named=NamedColumns("foto", "breed"))
    with pytest.raises(RequestError, match="`image_column=x` is for tables"):
        open_splits(os.path.dirname(path), named=NamedColumns("x"))


def test_a_column_of_numbers_is_no_size(make):
    text = rows("{name},{label},{n}", header="image,label,size")
    assert len(open_held_out(make(text))) == 8


LONG = "9" * 5000
BIG = "x" * 200_000
REFUSED = {
    "no class in a picture": (
        ROBOFLOW.replace("bee2.png, 0, 1", "bee2.png, 0, 0"),
        r"row 8: no class has a 1",
    ),
    "no header": (rows(PLAIN), r"row 1: expected the header path,label and"),
    "columns that say nothing": (
        rows("{n},1.5,{n}", header="id,area,age"),
        r"row 1: .* columns that `image_column` and `label_column` name; rec",
    ),
    "the same picture twice": (
        rows(PLAIN, header="path,label") + "./ant0.png,ant\n",
        r"row 10: ant0\.png is listed already",
    ),
    "the same picture by two ways": (
        rows(PLAIN, header="path,label") + "ant0,ant\n",
        r"row 10: ant0\.png is listed already",
    ),
    "a missing picture": (
        rows(PLAIN, [*NAMES, "ant77"], header="id,label"),
        r"row 10: there is no file .*ant77 \(No such file",
    ),
    "a field of 200,000 letters as a path": (
        rows(PLAIN, header="path,label") + f"{BIG},ant\n",
        r"row 10: the path has 200,000 bytes",
    ),
    "a field of 200,000 letters as a label": (
        rows(PLAIN, header="path,label") + f"ant9.png,{BIG}\n",
        r"row 10: the label has 200,000 characters, more than 255: 'xxx",
    ),
    "a field of 200,000 letters in the header": (
        rows(PLAIN, header=f"path,{BIG}"),
        r"row 1: it cannot be read \(field larger than field limit",
    ),
    "a field of 200,000 letters in too many columns": (
        rows(PLAIN, header="path,label") + f"{BIG},ant,x\n",
        r"row 10: it cannot be read \(field larger than field limit",
    ),
    "a label of 5,000 digits": (
        rows(PLAIN, header="path,label").replace("bee\n", f"{LONG}\n"),
        r"row 6: the label has 5,000 characters",
    ),
    "a label of 200 digits": (
        rows(PLAIN, header="path,label").replace(",ant", ",0")
        .replace("bee\n", f"{LONG[:200]}\n"),
        None,
    ),
    "a label that is not UTF-8": (
        rows(PLAIN, header="path,label").encode() + b"ant9.png,K\xe4fer\n",
        r"row 10: the label is not UTF-8: 'K\\udce4fer'",
    ),
    "UTF-16": (
        rows(PLAIN, header="path,label").encode("utf-16"),
        r"list\.csv is UTF-16 text\. Expected a table in UTF-8",
    ),
    "a spreadsheet": (b"PK\x03\x04", r"is a ZIP archive or a spreadsheet"),
    "bytes": (b"\0\1\2\3", r"is no text"),
    "an empty path and a quote": (
        rows(PLAIN, header="path,label") + '"unfinished,ant\n',
        r"row 10: (expected 2 columns|it cannot be read)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_that_is_refused_in_one_line(make, case):
    text, message = REFUSED[case]
    path = make(text)
    if message is None:
        assert len(open_held_out(path)) == 8
        return
    with pytest.raises(DataError, match=message) as caught:
        open_csv(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700
    assert caught.value.exit_code == 3
    said = open_data(path).listing.findings
    assert [each.level for each in said] == ["refuse"]


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_row_that_is_no_file(make, tmp_path, kind):
    path = make(rows(PLAIN, header="path,label") + "odd.png,ant\n")
    if kind == "pipe":
        os.mkfifo(tmp_path / "odd.png")
    else:
        (tmp_path / "odd.png").mkdir()
    with pytest.raises(DataError, match=rf"row 10: .*odd\.png is a {kind}"):
        open_csv(path)


def test_a_device_in_a_row(make):
    path = make(rows(PLAIN, header="path,label") + "/dev/zero,ant\n")
    with pytest.raises(DataError, match=r"row 10: /dev/zero is a pipe, a dev"):
        open_csv(path)


def test_a_pipe_that_comes_later_is_not_waited_for(make, tmp_path):
    examples = open_held_out(make(rows(PLAIN, header="path,label")))
    (tmp_path / "ant0.png").unlink()
    os.mkfifo(tmp_path / "ant0.png")
    with pytest.raises(DataError, match=r"ant0\.png is a pipe, a device or"):
        examples.encoded([0])
