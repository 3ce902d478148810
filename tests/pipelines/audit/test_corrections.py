"""A list of corrections: what it says, and that training takes it."""

import csv
import dataclasses
import json
import os
import re

import pytest

from pipelines.audit.auditing import Options
from pipelines.audit.auditing import audit_data
from pipelines.audit.label_check import LabelCheck
from pipelines.audit.label_errors import Suspect
from pipelines.audit.report import corrections
from pipelines.audit.report.corrections import Corrections
from pipelines.audit.report.corrections import for_page
from pipelines.audit.report.corrections import write_corrections
from pipelines.audit.report.page import as_page
from pipelines.audit.report.writing import write_report
from pipelines.data.sources.opening import open_splits

NO_LABELS = Options(labels=False)


def doubted(data, out, *places):
    """An audit that doubts the labels of some places, and suggests others."""
    found = audit_data(str(data), str(out), NO_LABELS)
    suspects = tuple(Suspect(i, 1, 0.9, 0.0, (0,)) for i in places)
    check = LabelCheck(suspects, accuracy=0.9, expected=1.0)
    return dataclasses.replace(found, label_check=check)


def rows_of(path):
    with open(path, newline="", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def labels_of(examples):
    return {
        os.path.relpath(name): examples.class_names[label]
        for name, label in zip(examples.names, examples.labels, strict=True)
    }


def test_an_edited_list_is_trained_on_with_the_parts_as_they_were(folder, out):
    found = doubted(folder, out, 0, 3)
    path = write_corrections(found, out).path
    rows = rows_of(path)
    assert [list(row) for row in rows[:1]] == [
        ["path", "label", "split", "suggested", "wrong"]
    ]
    assert [(r["suggested"], r["wrong"]) for r in rows if r["wrong"]] == [
        ("bee", "0.900")
    ] * 2
    before, unedited = open_splits(str(folder)), open_splits(str(path))
    for part in ("train", "validation"):
        one, two = getattr(before, part), getattr(unedited, part)
        assert labels_of(one) == labels_of(two)
        assert list(two.names) == [os.path.abspath(n) for n in one.names]
    text = path.read_text().replace("0.jpg,ant,train", "0.jpg,bee,train", 1)
    path.write_text(text)
    after = open_splits(str(path))
    changed = {
        name: label
        for name, label in labels_of(after.train).items()
        if labels_of(before.train)[name] != label
    }
    first = os.path.relpath(found.listing.pictures[0].path)
    assert changed == {first: "bee"}
    assert labels_of(after.validation) == labels_of(before.validation)
    assert sorted(folder.rglob("*.jpg")) == sorted(
        map(type(folder), (*before.train.names, *before.validation.names))
    )


def test_what_somebody_has_edited_is_not_written_over(folder, out):
    found = doubted(folder, out, 0)
    path = write_corrections(found, out).path
    assert write_corrections(found, out) == Corrections(path, is_old=False)
    path.write_text("mine")
    old = Corrections(path, is_old=True)
    assert write_corrections(found, out) == old
    assert write_corrections(doubted(folder, out), out) == old
    assert path.read_text() == "mine"


def test_the_list_is_written_down_once(folder, out, monkeypatch):
    found, times = doubted(folder, out, 0), []
    as_file = corrections._as_file

    def counted(audit):
        times.append(audit)
        return as_file(audit)

    monkeypatch.setattr(corrections, "_as_file", counted)
    assert not write_report(found, out).corrections.is_old
    assert len(times) == 1


def test_no_doubt_no_list(folder, out):
    found = doubted(folder, out)
    assert write_corrections(found, out) == Corrections()
    assert for_page(found) is None
    assert b"<script" not in as_page(found)


def test_refused_files_are_not_listed(folder, out):
    (folder / "train" / "ant" / "0.jpg").write_bytes(b"")
    found = doubted(folder, out, 3)
    assert len(rows_of(write_corrections(found, out).path)) == 15
    (select,) = re.findall(r'data-row="(\d+)"', as_page(found).decode())
    path = for_page(found)["rows"][int(select)][0]
    assert path.endswith("train/ant/3.jpg")


@pytest.mark.parametrize("names", [("7", "3"), ("10", "9")])
def test_classes_that_are_numbers_keep_their_names(tmp_path, folder, names):
    for name, other in zip(("ant", "bee"), names, strict=True):
        for part in ("train", "val"):
            (folder / part / name).rename(folder / part / other)
    found = doubted(folder, tmp_path / "numbered", 0)
    path = write_corrections(found, tmp_path / "numbered").path
    assert open_splits(str(path)).train.class_names == tuple(sorted(names))
    assert for_page(found) is None


def test_the_page_has_the_list_and_one_script_that_may_run(folder, out):
    import base64
    import hashlib

    (folder / "train" / "ant" / "0.jpg").rename(
        folder / "train" / "ant" / "<script>.jpg"
    )
    page = as_page(doubted(folder, out, 0, 3)).decode()
    data, script = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    held = json.loads(data)
    assert len(held["rows"]) == 16 and held["classes"] == ["ant", "bee"]
    assert held["header"] == ["path", "label", "split"]
    digest = hashlib.sha256(script.encode()).digest()
    policy = re.search(r'content="(default-src[^"]*)"', page)[1]
    allowed = f"script-src &#39;sha256-{base64.b64encode(digest).decode()}"
    assert allowed.replace("&#39;", "'") in policy.replace("&#39;", "'")
    assert page.count("<select") == 2


def test_a_set_without_parts_gives_a_list_without_parts(tmp_path, folder):
    found = doubted(folder / "train", tmp_path / "whole", 0)
    rows = rows_of(write_corrections(found, tmp_path / "whole").path)
    assert list(rows[0]) == ["path", "label", "suggested", "wrong"]
    assert for_page(found)["header"] == ("path", "label")
