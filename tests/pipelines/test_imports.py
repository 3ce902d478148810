"""What is imported, and what is not, by what a person waits for."""

import json
import subprocess
import sys

import pytest

from pipelines.evaluation.prediction import predict

_PROGRAM = """
import json, sys
{work}
print(json.dumps(sorted(sys.modules)))
"""


def imported(work, *arguments):
    """Returns the names of all modules that a program of its own imports."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(work=work), *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *lines, names = done.stdout.splitlines()
    return lines, json.loads(names)


def rooms(names, *forbidden):
    return [name for name in names if name.startswith(forbidden)]


def test_predicting_never_imports_the_augmentation_room(
    tiny, tmp_path, encode, noise
):
    model, picture = tiny(("a", "b")), tmp_path / "picture.jpg"
    model.save(tmp_path / "model.keras")
    picture.write_bytes(encode(noise(30, 41), "JPEG"))
    lines, names = imported(
        "from pipelines.evaluation.prediction import predict\n"
        "from pipelines.evaluation.saved_models import open_model\n"
        "found = predict(open_model(sys.argv[1]), sys.argv[2])\n"
        "print([guess.name for guess in found])\n",
        str(tmp_path / "model.keras"),
        str(picture),
    )
    assert lines == [str([guess.name for guess in predict(model, picture)])]
    assert not rooms(
        names, "numba", "pyarrow", "tensorflow_datasets", "pipelines.batches"
    )


def test_evaluation_imports_no_augmentation():
    _, names = imported(
        "import pipelines.evaluation.judging\n"
        "import pipelines.evaluation.views\n"
    )
    assert "pipelines.batches.evaluation_data" in names
    assert not rooms(
        names,
        "numba",
        "pipelines.batches.transforms",
        "pipelines.batches.a",
        "pipelines.batches.training_data",
    )


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("pipelines.batches.augmentation", "numpy"),
        ("pipelines.evaluation.tta", None),
        ("pipelines.batches.progressive", None),
    ],
)
def test_tables_of_names_import_nothing_heavy(module, needed):
    _, names = imported(f"import {module}\n")
    assert needed is None or needed in names
    assert not rooms(names, "numba", "tensorflow", "keras", "zoo")


def test_augmentations_are_compiled_when_one_is_used():
    _, names = imported("import pipelines.batches.applying\n")
    assert not rooms(names, "numba")
