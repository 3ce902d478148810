"""Whether two runs left the same behind, to the bit."""

import json
import pathlib

import numpy as np
import safetensors
from tensorboard.backend.event_processing import event_accumulator

from pipelines.doctor.trials import Trouble
from pipelines.runs.checkpoints import newest
from pipelines.runs.model_loading import load_model
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import MODEL
from pipelines.runs.run_folder import SNAPSHOTS
from pipelines.runs.state import from_files

# What a clock says.
_CLOCKS = ("seconds", "images_per_second", "input_wait")
_OF_SPEED = ("speed/", "steps/images_per_second", "steps/input_wait")
_BEST = "best.safetensors"


def compare_runs(whole, disturbed) -> int:
    """Compares all that two runs left, but for what clocks say.

    Weights, the state after the last step, the best weights, snapshots,
    history, metrics, and every point of TensorBoard's curves; of several runs
    in one folder all that of each.

    Args:
        whole: The folder of a run that was not disturbed.
        disturbed: The folder of one that was.

    Returns:
        How many things were compared.

    Raises:
        Trouble: They differ in a bit.
        IntegrityError: Something is damaged.
    """
    whole, disturbed = pathlib.Path(whole), pathlib.Path(disturbed)
    count = 0
    for place in sorted(p.parent for p in whole.rglob(METRICS)):
        there = disturbed / place.relative_to(whole)
        one, other = left_in(place), left_in(there)
        if set(one) != set(other):
            odd = sorted(set(one) ^ set(other))
            raise Trouble(f"only one of the runs has {odd[0]}")
        apart = [name for name in one if one[name] != other[name]]
        if apart:
            raise Trouble(
                f"{len(apart)} of {len(one)} things differ from those of the "
                f"run that was not disturbed, such as {apart[0]} in {there}"
            )
        count += len(one)
    _refuse_leftovers(disturbed)
    return count


def left_in(run: pathlib.Path) -> dict:
    """Returns what a run left, as what can be compared, by its name."""
    found = dict(_without_clocks(METRICS, _json(run / METRICS)))
    if not (run / MODEL).is_file():
        return found
    found |= _without_clocks(HISTORY, _json(run / HISTORY))
    for file in (run / MODEL, *sorted((run / SNAPSHOTS).glob("*.keras"))):
        for i, value in enumerate(load_model(file).get_weights()):
            found[f"{file.name}/{i}"] = _bits(value)
    found |= _state(run / CHECKPOINTS)
    for folder in (run, run / "train", run / "validation"):
        found |= _points(folder, folder.name if folder != run else "")
    return found


def _state(folder: pathlib.Path) -> dict:
    last = newest(folder)
    if last is None:
        return {}
    found = {"step": last.step}
    for name, value in from_files(last.files).items():
        found[f"state/{name}"] = _bits(value)
    progress = last.facts["progress"]
    found |= _without_clocks("progress", progress)
    if (folder / _BEST).is_file():
        with safetensors.safe_open(folder / _BEST, "numpy") as file:
            found[_BEST] = file.metadata()
            for name in file.keys():  # noqa: SIM118
                found[f"{_BEST}/{name}"] = _bits(file.get_tensor(name))
    return found


def _points(folder: pathlib.Path, name: str) -> dict:
    """What TensorBoard shows, which knows what a restart takes back."""
    events = event_accumulator.EventAccumulator(
        str(folder), {event_accumulator.SCALARS: 0}
    )
    events.Reload()
    return {
        f"curves/{name}/{tag}": [
            (point.step, point.value) for point in events.Scalars(tag)
        ]
        for tag in events.Tags()["scalars"]
        if not tag.startswith(_OF_SPEED)
    }


def _without_clocks(name: str, value) -> dict:
    """Returns the leaves of what JSON holds, but for what clocks say."""
    if isinstance(value, dict):
        items = [(key, v) for key, v in value.items() if key not in _CLOCKS]
        items = [(key, v) for key, v in items if key != "waited"]
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        # NaN is no other than NaN.
        return {name: repr(value)}
    found = {}
    for key, each in items:
        found |= _without_clocks(f"{name}/{key}", each)
    return found


def _json(path: pathlib.Path):
    return json.loads(path.read_bytes())


def _bits(value: np.ndarray) -> tuple:
    return value.dtype.str, value.shape, value.tobytes()


def _refuse_leftovers(run: pathlib.Path) -> None:
    left = sorted(run.rglob(".tmp-*"))
    if left:
        raise Trouble(f"{left[0]} was left behind")
