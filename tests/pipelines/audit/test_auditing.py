"""The whole audit: a folder in, a page, a table and a manifest out."""

import collections
import json
import os
import pathlib
import re
import shutil
import struct
import zlib

import numpy as np
import pytest

import zoo
from pipelines.audit.auditing import Options
from pipelines.audit.auditing import audit_data
from pipelines.audit.label_check import LabelCheck
from pipelines.audit.label_check import _doubts
from pipelines.audit.label_errors import Opinion
from pipelines.audit.label_errors import Suspect
from pipelines.audit.report.page import as_page
from pipelines.audit.report.table import as_table
from pipelines.audit.report.writing import write_report
from pipelines.audit.results import FILE
from pipelines.data.examples import Examples
from pipelines.data.sources.opening import open_splits
from pipelines.features.start import FeatureSource
from pipelines.runs.split_list import write_split
from zoo.errors import DataError
from zoo.errors import RequestError

NO_LABELS = Options(labels=False)


def copy(folder, source, target):
    (folder / target).write_bytes((folder / source).read_bytes())


def kinds(found):
    return {finding.kind: finding.level for finding in found.findings}


def test_a_sound_set_passes(folder, out):
    found = audit_data(str(folder), str(out), NO_LABELS)
    assert found.passed
    assert found.findings == []
    assert found.statistics["levels"] == {"ok": 16}
    assert found.statistics["classes"] == {
        "ant": {"train": 4, "val": 4},
        "bee": {"train": 4, "val": 4},
    }
    assert found.statistics["width"] == [64] * 7
    assert found.label_check == LabelCheck()


def test_sixty_bad_files_are_named_and_the_good_ones_frozen(
    folder, out, tmp_path, malformed
):
    for name, (encoded, _) in malformed.items():
        (folder / "train" / "ant" / f"bad_{name}").write_bytes(encoded)
    manifest = str(tmp_path / "set.csv")
    found = audit_data(
        str(folder), str(out), NO_LABELS, write_manifest=manifest
    )
    write_report(found, out)
    assert not found.passed
    assert len(found.refused) == 60
    table = json.loads((out / "report.json").read_text())
    assert table["passed"] is False
    told = {
        pathlib.Path(each["path"]).name.removeprefix("bad_"): each["problem"]
        for each in table["files"]
    }
    assert told == {name: kind for name, (_, kind) in malformed.items()}
    page = (out / "report.html").read_text()
    assert all(f"bad_{name}" in page for name in malformed)
    splits = open_splits(manifest)
    assert (len(splits.train), len(splits.validation)) == (8, 8)
    assert found.frozen == 16


def test_copies_are_told_by_label_and_part(folder, out, tmp_path):
    copy(folder, "train/ant/0.jpg", "train/bee/conflict.jpg")
    copy(folder, "train/ant/1.jpg", "val/ant/leak.jpg")
    copy(folder, "train/bee/2.jpg", "train/bee/copy.jpg")
    manifest = str(tmp_path / "set.csv")
    found = audit_data(
        str(folder), str(out), NO_LABELS, write_manifest=manifest
    )
    assert kinds(found) == {
        "conflict": "refuse",
        "leak": "warning",
        "copy": "note",
    }
    assert not found.passed
    # Out: both of the conflict, and the training copy of the leak.
    assert found.frozen == 19 - 3
    splits = open_splits(manifest)
    listed = {os.path.relpath(name, folder) for name in splits.train.names}
    assert not listed & {"train/ant/0.jpg", "train/ant/1.jpg"}


def test_similar_pictures_of_both_parts_are_found(folder, out, photo, saved):
    again = saved(photo(1, (64, 48)).resize((48, 36)), "JPEG", quality=60)
    (folder / "val" / "ant" / "again.jpg").write_bytes(again)
    found = audit_data(str(folder), str(out), NO_LABELS)
    assert kinds(found) == {"near_leak": "warning"}
    assert found.passed
    (finding,) = found.findings
    assert [pathlib.Path(name).name for name in finding.names] == [
        "0.jpg",
        "again.jpg",
    ]


def test_a_picture_of_another_format_is_named(folder, out, photo, saved):
    for i in range(200):
        copy(folder, "train/ant/0.jpg", f"train/ant/c{i}.jpg")
    (folder / "train" / "ant" / "placeholder.gif").write_bytes(
        saved(photo(99), "GIF")
    )
    found = audit_data(str(folder), str(out), NO_LABELS)
    assert kinds(found) == {"copy": "note", "rare_format": "note"}


def test_a_stopped_audit_goes_on(folder, out, monkeypatch):
    first = audit_data(str(folder), str(out), NO_LABELS)
    lines = (out / FILE).read_text().splitlines(keepends=True)
    assert len(lines) == 17
    # As a killed run leaves it: some files, and half a line.
    (out / FILE).write_text("".join(lines[:11]) + lines[11][:40])
    copy(folder, "train/ant/0.jpg", "train/ant/1.jpg")
    again = audit_data(str(folder), str(out), NO_LABELS)
    kept = {json.loads(line)[0] for line in lines[1:11]}
    changed = str(folder / "train" / "ant" / "1.jpg")
    assert again.known == len(kept - {changed})
    assert kinds(again) == {"copy": "note"}
    assert [each.look for each in again.seen[2:]] == [
        each.look for each in first.seen[2:]
    ]
    assert audit_data(str(folder), str(out), NO_LABELS).known == 16


def test_a_folder_of_something_else_is_not_written_into(folder, out):
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(RequestError, match="is no audit"):
        audit_data(str(folder), str(out), NO_LABELS)
    assert [each.name for each in out.iterdir()] == ["mine.txt"]


def test_another_question_needs_another_folder(folder, out):
    audit_data(str(folder), str(out), NO_LABELS)
    with pytest.raises(RequestError, match="other data, with other limits"):
        audit_data(str(folder), str(out), Options(fast=True))


def test_results_of_another_version_are_not_taken(folder, out):
    """What is seen in a file has another form since."""
    audit_data(str(folder), str(out), NO_LABELS)
    path = out / "results.jsonl"
    path.write_text(path.read_text().replace('"version": 2', '"version": 1', 1))
    with pytest.raises(RequestError, match="or of another version"):
        audit_data(str(folder), str(out), NO_LABELS)


def test_headers_alone_freeze_nothing(folder, out, tmp_path):
    with pytest.raises(RequestError, match="Leave out `fast`"):
        audit_data(
            str(folder),
            str(out),
            Options(fast=True),
            write_manifest=str(tmp_path / "set.csv"),
        )
    assert not out.exists()


def test_nothing_good_is_not_frozen(tmp_path, out):
    for name in "ab":
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(2):
            (tmp_path / "set" / name / f"{i}.jpg").write_bytes(b"")
    with pytest.raises(DataError, match="no picture is left"):
        audit_data(
            str(tmp_path / "set"),
            str(out),
            NO_LABELS,
            write_manifest=str(tmp_path / "set.csv"),
        )


def test_what_cannot_be_opened_is_a_finding(tmp_path, out):
    table = tmp_path / "set.csv"
    table.write_text("path,label\nnowhere.jpg,ant\nnowhere2.jpg,bee\n")
    found = audit_data(str(table), str(out), NO_LABELS)
    assert kinds(found) == {"source": "refuse"}
    assert not found.passed
    assert "nowhere.jpg" in found.findings[0].message
    write_report(found, out)


def unended_png():
    """Pillow reads its rows; libpng misses the end of what they lie in."""

    def chunk(name, content):
        crc = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + crc

    rows = bytes(range(1, 65)) * 3
    rows = b"".join(b"\0" + rows for _ in range(64)) + bytes(99)
    packer = zlib.compressobj()
    packed = packer.compress(rows) + packer.flush(zlib.Z_SYNC_FLUSH)
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, content)
        for name, content in (
            (b"IHDR", header),
            (b"IDAT", packed),
            (b"IEND", b""),
        )
    )


def test_what_only_tensorflow_refuses_is_refused_and_named(folder, out):
    place = folder / "train" / "ant" / "unended.png"
    place.write_bytes(unended_png())
    assert audit_data(str(folder), str(out) + "0", NO_LABELS).passed
    found = audit_data(str(folder), str(out))
    assert not found.passed
    (refused,) = found.refused
    assert found.listing.pictures[refused].path == str(place)
    detail = found.seen[refused].look.detail
    assert "is a PNG that cannot be decoded" in detail and "{{" not in detail
    assert "labels_not_checked" not in kinds(found)


def test_a_network_finds_flipped_labels(folder, out, saved):
    """Red against blue, with two of forty labels swapped."""
    coloured(folder, saved, {("train", 9)})
    told = collections.defaultdict(list)

    def watch(step):
        return lambda *counts: told[step].append(counts)

    found = audit_data(str(folder), str(out), watch=watch)
    done, total = told["labels"][-1]
    assert done == total >= 3 * 40 and told["features"]
    suspected = {
        os.path.relpath(found.listing.pictures[each.place].path, folder)
        for each in found.label_check.suspects
    }
    assert suspected == {"train/ant/9.jpg", "train/bee/9.jpg"}
    assert found.label_check.accuracy == pytest.approx(38 / 40)
    assert kinds(found)["suspect_labels"] == "warning"
    page = as_page(found)
    assert b"looks like" in page


def test_a_network_that_tells_nothing_is_not_asked(folder, out, saved):
    from PIL import Image

    random = np.random.default_rng(0)
    for path in sorted(folder.rglob("*.jpg")):
        pixels = random.integers(0, 256, (40, 40, 3), "uint8")
        path.write_bytes(saved(Image.fromarray(pixels), "JPEG"))
    found = audit_data(str(folder), str(out))
    assert found.label_check.suspects == ()
    assert kinds(found)["labels_not_trusted"] == "note"


def coloured(folder, saved, swapped):
    """Red ants and blue bees, ten a class and part, some of them swapped."""
    from PIL import Image

    random = np.random.default_rng(0)
    for part in ("train", "val"):
        for name in ("ant", "bee"):
            for i in range(10):
                red = (name == "ant") != ((part, i) in swapped)
                colour = (200, 60, 40) if red else (40, 80, 200)
                noise = random.normal(0, 40, (40, 40, 3))
                pixels = np.clip(noise + colour, 0, 255).astype("uint8")
                path = folder / part / name / f"{i}.jpg"
                path.write_bytes(saved(Image.fromarray(pixels), "JPEG"))


def test_the_features_of_a_run(folder, out, saved, tmp_path):
    """And it is said which labels taught them."""
    coloured(folder, saved, {("train", 9)})
    run = tmp_path / "run"
    run.mkdir()
    zoo.create_model("resnet20", weights="cifar10").save(run / "model.keras")
    write_split(run, open_splits(str(folder)))
    found = audit_data(
        str(folder), str(out), Options(source=FeatureSource(str(run)))
    )
    assert len(found.label_check.suspects) == 2
    assert found.label_check.source.told == str(run)
    (learned,) = (
        each for each in found.findings if each.kind == "labels_learned"
    )
    assert "has learned 20 of these pictures" in learned.message


def test_what_was_learned_is_known_by_hashes_that_are_there(
    folder, out, saved, tmp_path, monkeypatch
):
    def read_again(examples):
        raise AssertionError("the pictures are hashed again")

    coloured(folder, saved, {("train", 9)})
    run = tmp_path / "run"
    run.mkdir()
    zoo.create_model("resnet20", weights="cifar10").save(run / "model.keras")
    write_split(run, open_splits(str(folder)))
    monkeypatch.setattr("pipelines.runs.split_list.hashes_of", read_again)
    source = FeatureSource(str(run))
    found = audit_data(str(folder), str(out), Options(source=source))
    assert "labels_learned" in kinds(found)


def test_the_keys_of_the_table_are_documented(folder, out):
    text = pathlib.Path("docs/data.md").read_text()
    _, _, text = text.partition("### What `report.json` holds\n")
    rows = [
        line for line in text.partition("###")[0].splitlines() if "`" in line
    ]
    told = {
        key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert told == set(as_table(audit_data(str(folder), str(out), NO_LABELS)))


def test_two_classes_of_two_pictures_are_needed(folder, out):
    """Else nothing is told right or wrong, and no share of it is told."""
    for path in (folder / "train" / "bee", folder / "val"):
        shutil.rmtree(path)
    (folder / "train" / "bee").mkdir()
    bee = folder / "train" / "bee" / "0.jpg"
    (folder / "train" / "ant" / "3.jpg").rename(bee)
    found = audit_data(str(folder), str(out))
    assert found.label_check.accuracy is None
    assert as_table(found)["features"]["held_out_accuracy"] is None
    said = {each.kind: each.message for each in found.findings}
    assert "fewer than two classes have two" in said["labels_not_checked"]
    assert "labels_not_trusted" not in said


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ((0.44,), "1 label may be wrong, with a probability of 44%. Look"),
        ((0.9, 0.45), "2 labels may be wrong; by expectation 1 of them"),
    ],
)
def test_doubts_are_told_in_numbers_that_fit(wrong, words):
    examples = Examples(("a", "b"), np.array([0, 1]), ("ant", "bee"), None)
    suspects = tuple(Suspect(i, 1, w, 0, ()) for i, w in enumerate(wrong))
    opinion = Opinion(suspects, (), 0.9, sum(wrong) + 1)
    told, hidden = _doubts(FeatureSource(), examples, opinion)
    assert told.message.startswith(words)
    assert hidden.message.startswith("By expectation 1 other label is wrong")


def test_headers_alone_read_neither_pixels_nor_hashes(folder, out):
    path = folder / "train" / "ant" / "0.jpg"
    path.write_bytes(path.read_bytes()[:-20])
    found = audit_data(str(folder), str(out), Options(fast=True))
    assert len(found.refused) == 1
    assert found.near == found.exact == []
    assert {each.sha256 for each in found.seen} == {""}


def test_a_changed_file_of_a_manifest_is_refused(folder, out, tmp_path):
    """As training refuses it, though it is a whole picture."""
    manifest = str(tmp_path / "set.csv")
    audit_data(str(folder), str(out), NO_LABELS, write_manifest=manifest)
    path = folder / "val" / "ant" / "2.jpg"
    # Of the same length: a bit of the tables at its start.
    encoded = bytearray(path.read_bytes())
    encoded[40] ^= 1
    path.write_bytes(encoded)
    again = tmp_path / "again.csv"
    found = audit_data(
        manifest,
        str(tmp_path / "second"),
        NO_LABELS,
        write_manifest=str(again),
    )
    (place,) = found.refused
    assert found.seen[place].look.problem == "changed"
    assert found.listing.pictures[place].path == str(path)
    assert not found.passed
    assert found.frozen == 15
    with pytest.raises(DataError, match=r"is not the file that the manifest"):
        open_splits(manifest).validation.encoded([*range(8)])
    assert b"not the ones the manifest lists" in as_page(found)
