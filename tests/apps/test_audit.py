"""The command that says what is wrong with a data set."""

import json

import pytest

from apps import audit
from pipelines.data.sources.opening import open_splits


@pytest.fixture
def audited(command, photos, tmp_path):
    """Runs the audit of the photos."""

    def run(*words):
        output = tmp_path / "out"
        answer = command(
            audit,
            f"--data={photos}",
            f"--output={output}",
            "--workers=1",
            *words,
        )
        return answer, output

    return run


def test_a_sound_set(audited, tmp_path):
    manifest = tmp_path / "photos.csv"
    answer, output = audited("--nolabels", f"--write_manifest={manifest}")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("32 pictures of 2 classes, ")
    assert f"32 pictures frozen in {manifest}" in answer.out
    assert answer.out.endswith(f"report: {output / 'report.html'}\n")
    assert {each.name for each in output.iterdir()} == {
        "report.html",
        "report.json",
        "results.jsonl",
    }
    assert len(open_splits(str(manifest)).train) == 24


def test_a_bad_file(audited, photos):
    path = photos / "val" / "red" / "val0.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    answer, output = audited("--nolabels")
    assert answer.code == 3
    assert answer.err.startswith(f"error: {photos} must not be trained on")
    assert answer.err.count("\n") == 1
    assert f"refuse: {path}: is a truncated JPEG" in answer.out
    table = json.loads((output / "report.json").read_text())
    refused = [e["path"] for e in table["files"] if e["level"] == "refuse"]
    assert refused == [str(path)]


def test_headers_alone_and_going_on(audited):
    assert audited("--fast")[0].code == 0
    again, _ = audited("--fast")
    assert "32 of them were looked at before" in again.out


def test_no_such_data(command, tmp_path):
    answer = command(audit, f"--data={tmp_path / 'nowhere'}")
    assert answer.code == 2
    assert "there is no folder" in answer.err


def test_no_such_network(audited):
    answer, _ = audited("--model=resnet21", "--weights=cifar10")
    assert answer.code == 2
    assert "resnet21" in answer.err


def test_the_limits_reach_the_decoder(audited, photos):
    answer, output = audited("--nolabels", "--max_mib=1", "--max_megapixels=1")
    assert answer.code == 0
    table = json.loads((output / "report.json").read_text())
    assert table["limits"] == {"pixels": 10**6, "bytes": 2**20}


def test_a_link_to_a_class_is_read_once(command, photos, tmp_path):
    """Training reads two classes and four pictures, and so does the audit."""
    root = tmp_path / "set"
    pictures = sorted(photos.glob("train/*/*.jpg"))
    for source, name in zip(
        (*pictures[:2], *pictures[-2:]),
        ("a/1.jpg", "a/sub/2.jpg", "b/3.jpg", "b/4.jpg"),
        strict=True,
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(source.read_bytes())
    (root / "c").symlink_to("b")
    manifest, output = tmp_path / "set.csv", tmp_path / "out"
    answer = command(
        audit,
        f"--data={root}",
        f"--output={output}",
        "--nolabels",
        "--workers=1",
        f"--write_manifest={manifest}",
    )
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("4 pictures of 2 classes, ")
    assert "note: 1 file: a link to what is read in its own place" in answer.out
    table = json.loads((output / "report.json").read_text())
    assert [each["kind"] for each in table["findings"]] == ["links"]
    assert table["findings"][0]["names"] == [str(root / "c")]
    assert table["classes"] == ["a", "b"]
    assert table["exact_duplicates"] == []
    rows = [line.split(",")[:2] for line in manifest.read_text().splitlines()]
    assert rows[1:] == [
        ["set/a/1.jpg", "a"],
        ["set/a/sub/2.jpg", "a"],
        ["set/b/3.jpg", "b"],
        ["set/b/4.jpg", "b"],
    ]
    for data in (root, manifest):
        splits = open_splits(str(data))
        assert splits.train.class_names == ("a", "b")
        assert len(splits.train) + len(splits.validation) == 4
