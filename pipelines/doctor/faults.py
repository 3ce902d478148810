"""Whether a run survives being killed: to the bit, however often."""

import os
import pathlib
import random
import shutil
import signal
import tempfile
import time

import numpy as np
from PIL import Image

from pipelines.doctor.findings import Finding
from pipelines.doctor.trials import Trouble
from pipelines.doctor.victim import Victim
from pipelines.runs.checkpoints import newest
from pipelines.runs.model_loading import load_model
from pipelines.runs.run_folder import CHECKPOINTS
from pipelines.runs.state import from_files
from pipelines.training.callbacks.progress import duration
from zoo.errors import IntegrityError

_SIDE = 16
_CLASSES = 3
_PICTURES = 80
_BATCH = 4
_STEPS_AN_EPOCH = _CLASSES * _PICTURES // _BATCH
# A kill comes after so many new checkpoints, at most, and so many seconds
# more, at most: in any moment of a step or of a save.
_CHECKPOINTS = 8
_SECONDS = 0.25
# More than are taken until a kill comes.
_STEPS_A_KILL = 24
# Everything that has a state: dropped paths, mixed pictures, a running mean.
_SETTINGS = {
    "model": "efficientnet_cifar",
    "image_size": _SIDE,
    "global_batch_size": _BATCH,
    "learning_rate": 0.1,
    "augmentation": "randaugment",
    "mixup": 0.2,
    "ema": 0.99,
    "precision": "float32",
}


def check_kills(
    trainer: list[str], runs, kills: int = 5, *, seed: int = 0, progress=None
) -> Finding:
    """Kills a small run with SIGKILL, and compares it with an undisturbed one.

    It saves after every step and is killed at random moments. Each time the
    same command is given again; the last time it may end.

    Args:
        trainer: The words that start training, without its settings.
        runs: The folder on whose disk it is tried. What was written there is
            removed where all was well.
        kills: How often.
        seed: Of the moments.
        progress: Called with the numbers of kills done and in all.

    Returns:
        All is well where every start went on from the last checkpoint that
        had been there or a later one, and both runs end in the same state
        and with the same model, to the bit.

    Raises:
        RequestError: Nothing can be written into the folder.
    """
    started = time.perf_counter()
    place = _place(runs)
    epochs = -(-kills * _STEPS_A_KILL // _STEPS_AN_EPOCH) + 1
    command = small_run(trainer, place, epochs)
    whole, killed = place / "whole", place / "killed"
    try:
        with Victim(command, whole, place / "whole.log") as process:
            process.finish()
        often = [*command, "--checkpoint_steps=1"]
        steps = _kill(often, killed, kills, random.Random(seed), progress)
        _compare(whole, killed)
    except (Trouble, IntegrityError) as error:
        return Finding("kills", f"{error}; see {place}", ok=False)
    shutil.rmtree(place)
    seconds = time.perf_counter() - started
    return Finding(
        "kills",
        f"killed {kills} times, gone on {len(steps)} times; after "
        f"{epochs * _STEPS_AN_EPOCH:,} steps the state and the model are "
        "those of a run that was not disturbed, to the bit; took "
        f"{duration(seconds)}",
        values={"killed_after_steps": steps, "seconds": seconds},
    )


def _place(runs) -> pathlib.Path:
    os.makedirs(runs, exist_ok=True)
    place = tempfile.mkdtemp(prefix="faults-", dir=runs)
    return pathlib.Path(place).absolute()


def small_run(trainer: list[str], place, epochs: int) -> list[str]:
    """Draws pictures, and returns a command that trains on them.

    Args:
        trainer: The words that start training, without its settings.
        place: Where the pictures are put.
        epochs: How long it trains; of 60 steps each.
    """
    data = pathlib.Path(place).absolute() / "pictures"
    _draw(data)
    settings = _SETTINGS | {"data": data, "epochs": epochs}
    return [
        *trainer,
        *(f"--{name}={value}" for name, value in settings.items()),
    ]


def _draw(folder: pathlib.Path) -> None:
    """Writes noisy pictures, a colour a class."""
    generator = np.random.default_rng(0)
    for part, count in (("train", _PICTURES), ("val", _BATCH)):
        for label in range(_CLASSES):
            place = folder / part / f"class{label}"
            place.mkdir(parents=True)
            colour = np.roll((200, 60, 60), label)
            for i in range(count):
                pixels = generator.normal(colour, 60, (_SIDE, _SIDE, 3))
                pixels = np.clip(pixels, 0, 255).astype("uint8")
                Image.fromarray(pixels).save(place / f"{i}.png")


def _kill(command, output, kills: int, chance, progress) -> list[int]:
    """Returns the steps that had been saved at each kill.

    Raises:
        Trouble: A start did not go on, or ended by itself.
    """
    steps = []
    for number in range(kills):
        log = output.with_name(f"killed-{number}.log")
        with Victim(command, output, log) as process:
            process.live(chance.randint(1, _CHECKPOINTS))
            time.sleep(chance.uniform(0, _SECONDS))
            process.send(signal.SIGKILL)
            process.wait()
            process.check()
            steps.append(process.saved)
        if progress:
            progress(number + 1, kills)
    with Victim(command, output, output.with_name("end.log")) as process:
        process.finish()
        process.check()
    return steps


def _compare(whole: pathlib.Path, killed: pathlib.Path) -> None:
    """Compares the last states and the models of two runs.

    Raises:
        Trouble: They differ in a bit.
        IntegrityError: One of them is damaged.
    """
    one, other = _arrays(whole), _arrays(killed)
    if set(one) != set(other):
        raise Trouble("the two runs have other variables")
    apart = [
        name
        for name, value in one.items()
        if value.tobytes() != other[name].tobytes()
    ]
    if apart:
        raise Trouble(
            f"{len(apart)} of {len(one)} variables differ from those of the "
            f"run that was not disturbed, such as {apart[0]}"
        )


def _arrays(run: pathlib.Path) -> dict[str, np.ndarray]:
    """Returns the state of the last step, and the finished model's weights."""
    last = newest(run / CHECKPOINTS)
    weights = load_model(run).get_weights()
    saved = {f"saved/{i}": value for i, value in enumerate(weights)}
    return from_files(last.files) | {"step": np.array(last.step)} | saved
