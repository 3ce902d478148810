"""What a trained model doubts, on an audit's page and in its corrections."""

import csv
import hashlib

import pytest

from pipelines.audit.auditing import Options
from pipelines.audit.auditing import audit_data
from pipelines.audit.report.corrections import write_corrections
from pipelines.audit.report.page import as_page
from pipelines.evaluation.trust.doubts import HEADER
from zoo.errors import DataError


def listed(tmp_path, *rows, header=HEADER):
    path = tmp_path / "doubts.csv"
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def row(picture, suggested="bee", wrong="0.910", why="label", label="ant"):
    sha256 = hashlib.sha256(picture.read_bytes()).hexdigest()
    # As it was called when the model judged it.
    return f"/moved/{picture.name}", label, suggested, wrong, why, sha256


def audited(folder, out, doubts):
    options = Options(labels=False, doubts=doubts)
    return audit_data(str(folder), str(out), options)


def test_doubts_are_shown_and_listed_for_correction(folder, out, tmp_path):
    first, second = sorted((folder / "val" / "ant").iterdir())[:2]
    doubts = listed(
        tmp_path, row(first), row(second, wrong="0.020", why="hard")
    )
    found = audited(folder, out, doubts)
    (suspect,) = found.label_check.suspects
    assert found.listing.pictures[suspect.place].path == str(first)
    kinds = {each.kind: each for each in found.findings}
    assert kinds["model_doubts"].names == (str(first),)
    assert kinds["hard_pictures"].names == (str(second),)
    assert "likely wrong: 91.0%" in as_page(found).decode()
    path = write_corrections(found, out).path
    with open(path, newline="") as file:
        rows = {each["path"]: each for each in csv.DictReader(file)}
    doubted = rows[str(first)]
    assert (doubted["suggested"], doubted["wrong"]) == ("bee", "0.910")
    assert sum(bool(each["suggested"]) for each in rows.values()) == 1


def test_a_label_that_was_corrected_is_doubted_no_more(folder, out, tmp_path):
    (picture, *_) = (folder / "val" / "bee").iterdir()
    doubts = listed(tmp_path, row(picture, "bee", label="ant"))
    assert audited(folder, out, doubts).label_check.suspects == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"suggested": "wasp"}, "suggests the class 'wasp'"),
        ({"wrong": "much"}, "row 2: 'much' is no probability"),
    ],
)
def test_lists_that_say_nothing_are_refused(
    folder, out, tmp_path, change, words
):
    (picture, *_) = (folder / "val" / "ant").iterdir()
    with pytest.raises(DataError, match=words):
        audited(folder, out, listed(tmp_path, row(picture, **change)))


def test_a_list_of_something_else_is_refused(folder, out, tmp_path):
    other = tmp_path / "other.jpg"
    other.write_bytes(b"other")
    with pytest.raises(DataError, match="is of other pictures: none of its 1"):
        audited(folder, out, listed(tmp_path, row(other)))
    table = listed(tmp_path, ("a.jpg", "ant"), header=("path", "label"))
    with pytest.raises(DataError, match="is no list of doubts"):
        audited(folder, out, table)
