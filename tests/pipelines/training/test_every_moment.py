"""A run that dies at any of its files goes on, and ends with the same bits.

What a kill leaves is the folder as it is at that moment: it is copied there,
and gone on with. Real kills are in `tests/pipelines/runs/test_faults.py`.
"""

import itertools
import shutil

import pytest

from pipelines.doctor.comparing import compare_runs
from pipelines.doctor.comparing import left_in
from pipelines.doctor.moments import MOMENTS
from pipelines.doctor.moments import Fate
from pipelines.doctor.moments import watched
from pipelines.doctor.second_reading import compare
from pipelines.doctor.settings_tried import carry_out
from pipelines.doctor.settings_tried import draw_pictures
from pipelines.doctor.trials import Trouble
from pipelines.runs.checkpoints import steps_of
from pipelines.runs.state import RunState

TRIED = {str(moment): moment for moment in MOMENTS}
# One of the start, one between the best weights and their checkpoint, one of
# a checkpoint, two of the end.
ALWAYS = (
    "behind split.csv has its name",
    "behind best.safetensors has its name",
    "behind a checkpoint has its name",
    "before model.keras has its name",
    "before metrics.json has its name",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tried")
    draw_pictures(folder)
    return folder


@pytest.fixture(scope="module")
def whole(place):
    """A run that nobody disturbs, and copies of its folder by the moment."""
    run, copies = place / "whole", {}
    numbers = itertools.count()

    def fate(name):
        def copy():
            copies[name] = place / f"copy-{next(numbers)}"
            shutil.copytree(run, copies[name])

        return Fate(TRIED[name], copy)

    fates = [fate(name) for name in TRIED]

    def passed(*call):
        for each in fates:
            each(*call)

    with watched(passed):
        carry_out("mixed", place, run, say=lambda line: None)
    return run, copies


@pytest.mark.parametrize(
    "name",
    [
        name if name in ALWAYS else pytest.param(name, marks=pytest.mark.slow)
        for name in TRIED
    ],
)
def test_the_run_goes_on(place, whole, name, monkeypatch):
    run, copies = whole
    saved, read = steps_of(copies[name] / "checkpoints"), []
    put_back = RunState.put_back

    def restored(state, arrays, facts):
        put_back(state, arrays, facts)
        compare(state, arrays)
        read.append(state.step)

    monkeypatch.setattr(RunState, "put_back", restored)
    said = []
    carry_out("mixed", place, copies[name], say=said.append)
    goes_on = [line for line in said if line.startswith("going on after step")]
    assert len(goes_on) == len(read) and read == saved[-1:]
    assert compare_runs(run, copies[name]) > 100


def test_what_differs_is_found(whole, tmp_path):
    run, _ = whole
    other = tmp_path / "other"
    shutil.copytree(run, other)
    history = other / "history.json"
    history.write_text(history.read_text().replace('"epoch": 2', '"epoch": 3'))
    with pytest.raises(Trouble, match=r"1 of \d+ things .* history.*/epoch in"):
        compare_runs(run, other)
    shutil.copy(run / "history.json", history)
    assert compare_runs(run, other) == len(left_in(run))
    shutil.copytree(run / "train", other / "validation", dirs_exist_ok=True)
    with pytest.raises(Trouble, match="curves/validation/"):
        compare_runs(run, other)
    shutil.rmtree(other)
    shutil.copytree(run, other)
    split = other / "split.csv"
    split.write_text(split.read_text().replace(",val,", ",train,", 1))
    with pytest.raises(Trouble, match=r"1 of \d+ things .* split.csv in"):
        compare_runs(run, other)
    shutil.copy(run / "split.csv", split)
    (other / "checkpoints" / ".tmp-1").mkdir()
    with pytest.raises(Trouble, match="was left behind"):
        compare_runs(run, other)


def test_nothing_is_not_equal_to_nothing(whole, tmp_path):
    """A run that left nothing of a kind is not the same as another such."""
    run, _ = whole
    with pytest.raises(Trouble, match="holds no finished run to compare"):
        compare_runs(tmp_path, tmp_path)
    for part, kept in (
        ("checkpoints/best.safetensors", "best.safetensors"),
        ("checkpoints", "state"),
        ("events.*", "curves"),
    ):
        other = tmp_path / "other"
        shutil.copytree(run, other)
        for path in list(other.rglob(part)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with pytest.raises(Trouble, match=f"other has no {kept} to compare"):
            compare_runs(other, other)
        shutil.rmtree(other)
