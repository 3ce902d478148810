"""A challenge of six colours, and models that have never learned."""

import shutil

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from pipelines.challenge.creating import create_challenge
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.rules import rules_of
from pipelines.challenge.submitting import register

COLOURS = {
    "black": (20, 20, 20),
    "blue": (40, 60, 200),
    "green": (50, 190, 60),
    "grey": (128, 128, 128),
    "red": (200, 50, 40),
    "white": (230, 230, 230),
}
SIDE = 32


def draw(path, colour, seed):
    random = np.random.default_rng(seed)
    pixels = random.normal(0, 25, (SIDE, SIDE, 3)) + colour
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype("uint8")).save(path)


@pytest.fixture(scope="session")
def colours(tmp_path_factory):
    """Pictures of six classes: 3 to learn from, 2 to judge by, of each."""
    root = tmp_path_factory.mktemp("colours")
    for place, (name, colour) in enumerate(COLOURS.items()):
        for part, count in (("train", 3), ("val", 2)):
            for i in range(count):
                seed = 100 * place + 10 * (part == "val") + i
                draw(root / part / name / f"{i}.png", colour, seed)
    return root


@pytest.fixture(scope="session")
def made(tmp_path_factory, colours):
    """The folder of a challenge of two tasks with the same pictures."""
    folder = tmp_path_factory.mktemp("challenges") / "made"
    task = {"data": str(colours)}
    said = {"deadline": "2030-01-01T00:00:00+00:00"}
    said["tasks"] = {"one": task, "two": {**task, "weight": 3}}
    create_challenge(folder, rules_of(said, "rules"))
    return folder


@pytest.fixture
def contest(made, tmp_path):
    """A challenge of one's own, in which the Ants are registered for `one`."""
    challenge = ChallengeFolder(shutil.copytree(made, tmp_path / "contest"))
    register(challenge, "Ants", ["one"])
    return challenge


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """Returns a function: the file of an untrained network."""
    folder = tmp_path_factory.mktemp("models")

    def make(name, seed=0, classes=tuple(COLOURS)):
        path = folder / f"{name}-{seed}-{len(classes)}.keras"
        if not path.exists():
            keras.utils.set_random_seed(seed)
            network = zoo.create_model(name, classes=len(classes))
            zoo.set_class_names(network, classes)
            network.save(path)
        return str(path)

    return make
