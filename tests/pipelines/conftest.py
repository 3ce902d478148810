"""What several tests of the pipelines build on: pictures drawn here."""

import hashlib
import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.batches.training_data import Sampling
from pipelines.batches.training_data import training_data
from pipelines.data.examples import Examples
from zoo.preprocessing import Preprocessing
from zoo.resnet import ResNet
from zoo.resnet import ResNetSpec

# Tests trace many graphs and run each a few times: Grappler would take longer
# than what it saves. Commands that run in processes of their own have it on.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

COLOURS = {"blue": (40, 60, 200), "green": (50, 190, 60), "red": (200, 50, 40)}


def encode(pixels, kind="PNG", **options):
    """Writes pixels as the bytes of a picture file."""
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, "uint8")).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="session", name="encode")
def _encode():
    return encode


def draw(colour, seed, side=24):
    """A noisy picture of one colour."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(0, 25, (side, side, 3))
    return np.clip(noise + colour, 0, 255).astype("uint8")


@pytest.fixture(scope="session")
def noise():
    """Returns a function: random pixels of a height and width."""

    def make(height, width, seed=0):
        generator = np.random.default_rng(seed)
        return generator.integers(0, 256, (height, width, 3), "uint8")

    return make


@pytest.fixture(scope="session")
def smooth():
    """Returns a function: pixels without sharp edges, in all three channels."""

    def make(height, width):
        y, x = np.mgrid[:height, :width]
        waves = (x * 3 + y, 255 - 2 * y, 127 + 100 * np.sin((x + y) / 9))
        return np.clip(np.stack(waves, axis=-1), 0, 255).astype("uint8")

    return make


def held(pictures, labels, classes):
    """Examples out of encoded pictures."""
    return Examples(
        tuple(f"picture{i}" for i in range(len(pictures))),
        np.asarray(labels, "int32"),
        tuple(classes),
        lambda wanted: [pictures[i] for i in wanted],
    )


@pytest.fixture(scope="session", name="held")
def _held():
    return held


@pytest.fixture(scope="session")
def coloured():
    """Returns a function: examples of two or three colours, easily told."""

    def make(per_class, side=16, classes=2):
        names = tuple(COLOURS)[:classes]
        pictures = [
            encode(draw(COLOURS[name], 100 * i + label, side))
            for i in range(per_class)
            for label, name in enumerate(names)
        ]
        return held(pictures, [*range(classes)] * per_class, names)

    return make


@pytest.fixture(scope="session")
def coded():
    """Returns a function: examples whose colour says their index."""

    def make(count, side=8):
        pictures = [
            encode(np.full((side, side, 3), (i % 251, i // 251, 7), "uint8"))
            for i in range(count)
        ]
        return held(pictures, np.arange(count) % 3, ("a", "b", "c"))

    return make


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory):
    """A folder of three colours: 12 pictures to train on, 6 to judge by."""
    root = tmp_path_factory.mktemp("pictures")
    for part, count, start in (("train", 4, 0), ("val", 2, 50)):
        for label, (name, colour) in enumerate(COLOURS.items()):
            folder = root / part / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = draw(colour, start + 10 * label + i, side=20 + i)
                picture = Image.fromarray(pixels)
                if i % 2:
                    picture.save(folder / f"{i}.jpg", quality=95)
                else:
                    picture.save(folder / f"{i}.png")
    return root


def build_tiny(names=("blue", "green"), dropout=0.0):
    """A small classifier of the zoo, with dropout where asked for."""
    spec = ResNetSpec(
        "tiny",
        repeats=(1, 1),
        bottleneck=False,
        stem="cifar",
        shortcut="pad",
        widths=(8, 16),
        image_size=16,
        classes=len(names),
    )
    model = ResNet(spec)
    if dropout:
        features = model.get_layer("head_pool").output
        x = keras.layers.Dropout(dropout, name="head_dropout")(features)
        logits = model.get_layer("head_logits")(x)
        model = keras.Model(model.input, logits, name="tiny")
    zoo.set_class_names(model, names)
    return model


@pytest.fixture(scope="session")
def tiny():
    return build_tiny


@pytest.fixture(scope="session")
def batches():
    """Returns a function: training and evaluation data of some examples."""

    def make(examples, batch_size, *, side=16, augmentation="none", **options):
        record = Preprocessing(side, crop_fraction=1.0)
        return (
            training_data(
                examples,
                record,
                augmentation=AUGMENTATIONS[augmentation],
                batch_size=batch_size,
                sampling=Sampling(**options),
            ),
            evaluation_data(examples, record, batch_size=batch_size),
        )

    return make


@pytest.fixture(scope="session")
def both_ways():
    """Returns a function: runs an operation eagerly and inside tf.data."""

    def run(operation, *arguments):
        arguments = [tf.convert_to_tensor(each) for each in arguments]
        eager = operation(*arguments).numpy()
        dataset = tf.data.Dataset.from_tensors(tuple(arguments)).map(operation)
        (graph,) = dataset.as_numpy_iterator()
        assert graph.dtype == eager.dtype
        np.testing.assert_array_equal(graph, eager)
        return eager

    return run


@pytest.fixture(scope="session")
def digest():
    """Returns a function: the sha256 of all weights of a model."""

    def of(model):
        hashed = hashlib.sha256()
        for variable in model.weights:
            hashed.update(np.ascontiguousarray(variable.numpy()).tobytes())
        return hashed.hexdigest()

    return of
