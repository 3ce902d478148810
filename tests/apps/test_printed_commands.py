"""What is printed to be typed is typed, and is the same to the bit.

The folders that everything lies in have names that a shell takes apart.
"""

import html
import json
import os
import re
import shlex
import signal

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from apps import evaluate
from apps import features
from apps import finetune
from apps import predict
from apps import train
from apps.command import SAVED
from pipelines.training.callbacks import Progress
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run

HOSTILE = "-my $HOME 'own' `seed=3` \"ä 三\"  runs"
SIDE = 16
COLOURS = {"blue & 'b'": (40, 60, 200), "$red": (200, 50, 40)}


def draw(folder, colours, count, start=0):
    random = np.random.default_rng(start)
    for part, pictures in (("train", count), ("val", 3)):
        for name, colour in colours.items():
            place = folder / part / name
            place.mkdir(parents=True)
            for i in range(pictures):
                noise = random.normal(0, 25, (20, 20, 3)) + colour
                pixels = np.clip(noise, 0, 255).astype("uint8")
                Image.fromarray(pixels).save(place / f"{i}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pictures, a table of them, more of them and weights."""
    root = tmp_path_factory.mktemp("printed") / HOSTILE
    draw(root / "photos", COLOURS, 6)
    draw(root / "more", {"black": (9, 9, 9)}, 6, start=1)
    rows = [
        f'"{path.relative_to(root)}",{path.parent.name[0]}|{i % 3}'
        for i, path in enumerate(sorted(root.glob("photos/*/*/*.png")))
    ]
    table = "\n".join(["path,labels", *rows])
    (root / "table.csv").write_text(table)
    keras.utils.set_random_seed(3)
    model = zoo.create_model("alexnet_cifar", input_shape=(SIDE, SIDE, 3))
    zoo.save_weights(model, root / "weights.safetensors")
    return root


@pytest.fixture
def here(place, monkeypatch):
    """The folder, which names in commands start from."""
    monkeypatch.chdir(place)
    return place


USUAL = (
    "--data=photos", "--model=alexnet_cifar", "--weights=weights.safetensors",
    "--global_batch_size=4", "--precision=float32",
)  # fmt: skip
PLAN = "--plan=head:1@1, all:1@0.1"
# By what is asked for: the words beside the usual ones.
MODES = {
    "plan": (*USUAL, f"--image_size={SIDE}", PLAN),
    "what is chosen": USUAL,
    "probe": (*USUAL, f"--image_size={SIDE}", "--probe"),
    "another recipe": (
        *USUAL, f"--image_size={SIDE}", "--recipe=cifar_fast", "--epochs=1",
        "--label_smoothing=0", "--warmup=none", f"--train_size={SIDE}",
    ),
    "cycles": (
        *USUAL, f"--image_size={SIDE}", "--cycles=2", "--plan=all:2@0.1",
        "--snapshots", "--momentum=0.85",
    ),
    "milestones": (
        *USUAL, f"--image_size={SIDE}", "--schedule=step",
        "--milestones=1ep,50%", "--plan=all:2@0.1",
    ),
    "found rate": (
        *USUAL, f"--image_size={SIDE}", "--lr=auto", "--epochs=1",
        "--ema=0.9", "--mixup=0.2", "--augmentation=gentle", "--seed=3",
    ),
    "from scratch": (
        "--data=photos", "--model=resnet20", "--weights=none",
        f"--image_size={SIDE}", "--global_batch_size=4", "--epochs=1",
        "--keep=best", "--clip_norm=1", "--precision=float32",
    ),
    "several classes": (
        *USUAL, "--data=table.csv", "--label_separator=|", "--epochs=1",
        f"--image_size={SIDE}", "--optimizer=lamb",
    ),
    "a layer of Keras": (
        *USUAL, f"--image_size={SIDE}", PLAN,
        "--augmentation=shift+keras.layers.RandomBrightness((-0.1, 0.2))",
    ),
    "folds": (*USUAL, f"--image_size={SIDE}", PLAN, "--folds=2"),
    "seeds": (*USUAL, f"--image_size={SIDE}", PLAN, "--seeds=2"),
    "pretrained and not": (
        *USUAL, f"--image_size={SIDE}", "--plan=head:1@1", "--compare_scratch",
    ),
}  # fmt: skip


SCRATCH = (
    "--data=photos", f"--image_size={SIDE}", "--global_batch_size=4",
    "--epochs=1",
)  # fmt: skip
TRAINED = {
    "what is chosen": (*SCRATCH, "--model=resnet20"),
    "a recipe": (
        *SCRATCH, "--recipe=cifar_fast", "--label_smoothing=0",
        f"--train_size={SIDE}", "--warmup=none",
    ),
    "from weights": (
        *SCRATCH, "--model=alexnet_cifar", "--weights=weights.safetensors",
        "--mixup=0.2", "--ema=0.9", "--seed=3", "--optimizer=adamw",
    ),
    "seeds": (*SCRATCH, "--model=resnet20", "--seeds=2"),
}  # fmt: skip


COMMANDS = {
    "apps.finetune": finetune,
    "apps.train": train,
    "apps.predict": predict,
    "apps.evaluate": evaluate,
    "apps.features": features,
}
FULL = "the same in full: "


def weights_in(run):
    model = keras.models.load_model(run / "model.keras")
    return [each.tobytes() for each in model.get_weights()]


def printed_in(text, start=FULL):
    return [
        line.removeprefix(start).strip()
        for line in text.splitlines()
        if line.startswith(start)
    ]


def runs_in(folder):
    return sorted(path.parent for path in folder.rglob("model.keras"))


@pytest.fixture
def typed(command):
    """Returns a function: types a printed command, and more behind it."""

    def run(printed, *more, **names):
        # What stands in capitals is for who types it.
        words = [names.get(word, word) for word in shlex.split(printed)]
        if words[0] == "zoo":
            # What Python wrote without a command; `-m` and the room else.
            words[:2] = ["python", "-m", f"apps.{words[1]}"]
        assert words[:2] == ["python", "-m"]
        return command(COMMANDS[words[2]], *words[3:], *more)

    return run


@pytest.mark.parametrize(
    ("learn", "mode"),
    [
        *((finetune, mode) for mode in MODES),
        *((train, mode) for mode in TRAINED),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_the_same_in_full_is_the_same(command, typed, here, learn, mode):
    words = (MODES if learn is finetune else TRAINED)[mode]
    mode = f"{learn.__name__} {mode}"
    first = here / "first" / mode
    answer = command(learn, *words, f"--output={first}")
    assert answer.code == 0, answer.err
    runs, printed = runs_in(first), printed_in(answer.out)
    assert len(runs) == len(printed) >= 1
    for number, (run, full) in enumerate(zip(runs, printed, strict=True)):
        again = here / "again" / mode / str(number)
        answer = typed(full, f"--output={again}")
        assert answer.code == 0, answer.err
        # Nothing is chosen any more, and what is printed is the same.
        assert "chosen, where nothing" not in answer.out
        assert printed_in(answer.out) == [full]
        assert weights_in(again) == weights_in(run)


@pytest.fixture(scope="module")
def old_run(place):
    """A run of a plan, that others are made of."""
    plain, place_before = FinetuneConfig, os.getcwd()
    os.chdir(place)
    try:
        config = plain(
            "photos",
            "alexnet_cifar",
            "old 'run' -1",
            weights="weights.safetensors",
            image_size=SIDE,
            global_batch_size=4,
            precision="float32",
            plan="all:2@0.1",
        )
        finetune_run(config, say=lambda line: None)
    finally:
        os.chdir(place_before)
    return place / config.output


def test_more_classes_in_full(command, typed, here, old_run):
    words = ("--data=more", f"--add_classes={old_run}", "--plan=head:1@1")
    words = (*words, "--global_batch_size=4", "--upscale")
    answer = command(finetune, *words, "--output=wider")
    assert answer.code == 0, answer.err
    (full,) = printed_in(answer.out)
    answer = typed(full, "--output=wider again")
    assert answer.code == 0 and printed_in(answer.out) == [full], answer
    assert weights_in(here / "wider again") == weights_in(here / "wider")
    answer = command(finetune, "--config=wider", "--output=wider repeated")
    assert answer.code == 0, answer.err
    assert weights_in(here / "wider repeated") == weights_in(here / "wider")


def test_a_stopped_run_says_how_it_goes_on(
    command, typed, here, old_run, monkeypatch
):
    plain, taken = Progress.on_train_batch_end, []

    def count(self, batch, logs=None):
        taken.append(batch)
        if len(taken) == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        plain(self, batch, logs)

    monkeypatch.setattr(Progress, "on_train_batch_end", count)
    words = (*USUAL[1:], f"--image_size={SIDE}", "--plan=all:2@0.1")
    answer = command(finetune, *words, "--output=stopped  here", "--", "photos")
    assert answer.code == SAVED, answer.err
    said, _, again = answer.err.strip().rpartition(". Go on with: ")
    # Blanks of a name are blanks of a name.
    assert "stopped  here" in said
    answer = typed(again)
    assert answer.code == 0 and "going on after step 4 " in answer.out, answer
    assert weights_in(here / "stopped  here") == weights_in(old_run)


def test_what_a_run_prints_at_its_end_and_on_its_page(
    command, typed, here, old_run
):
    answer = command(finetune, *MODES["probe"], "--output=probed 'run'")
    assert answer.code == 0, answer.err
    (asking,) = printed_in(answer.out, "predict:     ")
    picture = next(here.glob("photos/val/*/*.png"))
    assert typed(asking, IMAGE=str(picture)).out.startswith(str(picture))
    page = (old_run / "report.html").read_text()
    (shown,) = re.findall(r"<pre>([^<]*predict [^<]*)</pre>", page)
    asking, judging, computing, board = html.unescape(shown).splitlines()
    assert shlex.split(board) == ["tensorboard", "--logdir=."]
    assert typed(asking, IMAGE=str(picture)).out.startswith(str(picture))
    answer = typed(judging, "--output=judged")
    assert answer.code == 0, answer.err
    metrics, own = (
        json.loads((here / folder / "metrics.json").read_text())
        for folder in ("judged", old_run)
    )
    assert metrics["loss"] == own["loss"] and metrics["top1"] == own["top1"]
    assert typed(computing, "--output=features.npz").code == 0
