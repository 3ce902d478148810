"""Whether two runs left the same behind, to the bit."""

import json
import pathlib

import numpy as np
import safetensors.numpy
from tensorboard.backend.event_processing import event_accumulator

from pipelines.doctor.trials import Trouble
from pipelines.runs.checkpoints import newest
from pipelines.runs.model_loading import load_model
from pipelines.runs.places import SPLIT
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import MODEL
from pipelines.runs.run_folder import SNAPSHOTS
from pipelines.runs.state import from_files

# What a clock says.
_CLOCKS = ("seconds", "images_per_second", "input_wait", "waited")
_OF_SPEED = ("speed/", "steps/images_per_second", "steps/input_wait")
_BEST, _CURVES = "best.safetensors", "curves"
_DECIDED = ("resolved", "chosen", "decisions")
# Of a configuration: which folder it is, who several runs are, and what the
# clone was like that the code lies in, whose files may change meanwhile.
_OF_A_FOLDER = ("output", "identity", "commit")


def compare_runs(whole, disturbed) -> int:
    """Compares all that two runs left, but for what clocks say.

    Settings, pictures, weights, the state after the last step, the best
    weights, snapshots, history, metrics, every point of TensorBoard's curves
    and the steps of all else that it shows; of several runs in one folder all
    that of each.

    Args:
        whole: The folder of a run that was not disturbed.
        disturbed: The folder of one that was.

    Returns:
        How many things were compared.

    Raises:
        Trouble: They differ in a bit, or there is nothing to compare where
            something has to be.
        IntegrityError: Something is damaged.
    """
    whole, disturbed = pathlib.Path(whole), pathlib.Path(disturbed)
    count = 0
    for place in sorted(p.parent for p in whole.rglob(METRICS)):
        there = disturbed / place.relative_to(whole)
        one, other = left_in(place), left_in(there)
        _refuse_missing(place, one)
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
    if not count:
        raise Trouble(f"{whole} holds no finished run to compare with")
    _refuse_leftovers(disturbed)
    return count


def left_in(run: pathlib.Path) -> dict:
    """Returns what a run left, as what can be compared, by its name."""
    found = _json(run, METRICS) | _json(run, CONFIG)
    found |= {name: _text(run, name) for name in (SPLIT,)}
    if not (run / MODEL).is_file():
        return found
    found |= _json(run, HISTORY)
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
    for name in ("progress", "callbacks"):
        found |= _without_clocks(name, last.facts[name])
    for name in _DECIDED:
        found |= _without_clocks(name, last.facts["run"][name])
    if (folder / _BEST).is_file():
        content = (folder / _BEST).read_bytes()
        for name, value in safetensors.numpy.load(content).items():
            found[f"{_BEST}/{name}"] = _bits(value)
        with safetensors.safe_open(folder / _BEST, "numpy") as file:
            found |= _without_clocks(_BEST, file.metadata())
    return found


def _points(folder: pathlib.Path, name: str) -> dict:
    """What TensorBoard shows, which knows what a restart takes back."""
    events = event_accumulator.EventAccumulator(
        str(folder), {event_accumulator.SCALARS: 0}
    )
    events.Reload()
    found = {
        f"{_CURVES}/{name}/{tag}": [
            # NaN is no other than NaN.
            (point.step, repr(point.value))
            for point in events.Scalars(tag)
        ]
        for tag in events.Tags()["scalars"]
        if not tag.startswith(_OF_SPEED)
    }
    for tag in events.Tags()["tensors"]:
        # A start that comes to nothing leaves a picture for the next one.
        steps = {point.step for point in events.Tensors(tag)}
        found[f"shown/{name}/{tag}"] = sorted(steps)
    return found


def _without_clocks(name: str, value) -> dict:
    """Returns the leaves of what JSON holds, but for what clocks say."""
    if isinstance(value, dict):
        items = [(key, v) for key, v in value.items() if key not in _CLOCKS]
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        # NaN is no other than NaN.
        return {name: repr(value)}
    found = {}
    for key, each in items:
        found |= _without_clocks(f"{name}/{key}", each)
    return found


def _refuse_missing(place: pathlib.Path, found: dict) -> None:
    """Refuses to compare nothing with nothing: a run that learned has all."""
    if not any(name.startswith(f"{HISTORY}/") for name in found):
        # Several runs together, or a head that was not learned by steps.
        return
    for part in (MODEL, "state", _BEST, _CURVES):
        if not any(name.startswith(f"{part}/") for name in found):
            raise Trouble(f"{place} has no {part} to compare")


def _json(run: pathlib.Path, name: str) -> dict:
    held = json.loads((run / name).read_bytes())
    if name == CONFIG:
        held = {key: held[key] for key in held if key not in _OF_A_FOLDER}
    return _without_clocks(name, held)


def _text(run: pathlib.Path, name: str) -> str | None:
    return (run / name).read_text() if (run / name).is_file() else None


def _bits(value: np.ndarray) -> tuple:
    return value.dtype.str, value.shape, value.tobytes()


def _refuse_leftovers(run: pathlib.Path) -> None:
    left = sorted(run.rglob(".tmp-*"))
    if left:
        raise Trouble(f"{left[0]} was left behind")
