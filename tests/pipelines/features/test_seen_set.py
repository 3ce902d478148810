"""A data set as a network sees it: one pass, its order, its layout."""

import io

import keras
import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import projector_config_pb2

import zoo
from pipelines.data.examples import Examples
from pipelines.evaluation.explanations.stages import find_stage
from pipelines.features.flat import laid_out
from pipelines.features.projector import write_projector
from pipelines.features.seen_set import SeenSet
from pipelines.features.seen_set import Viewer
from pipelines.features.seen_set_section import seen_set_section
from zoo.errors import RequestError

COUNT = 11


@pytest.fixture(scope="module")
def examples():
    random = np.random.default_rng(0)
    pictures = []
    for number in range(COUNT):
        pixels = random.integers(0, 80, (32, 32, 3), "uint8")
        pixels[..., number % 2] += 150
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        pictures.append(file.getvalue())
    return Examples(
        tuple(f"picture\t{number}.png" for number in range(COUNT)),
        np.arange(COUNT, dtype="int32") % 2,
        ("red", "green"),
        lambda wanted: [pictures[i] for i in wanted],
    )


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return zoo.create_model("resnet20")


@pytest.fixture(scope="module")
def seen_set(examples, model):
    return Viewer(model, find_stage(model, "stage2")).seen_set(examples)


def test_vectors_and_peaks_are_the_network_s(seen_set, examples, model):
    pixels = np.stack(
        [
            np.asarray(Image.open(io.BytesIO(each)))
            for each in examples.encoded(list(range(COUNT)))
        ]
    )
    below, _ = zoo.split(model, "head")
    assert np.allclose(seen_set.vectors, np.asarray(below(pixels)), atol=1e-4)
    output = zoo.stages(model)[2].output
    maps = np.asarray(keras.Model(model.input, output)(pixels))
    assert np.allclose(seen_set.peaks, maps.max(axis=(1, 2)), atol=1e-4)
    assert seen_set.stage == "stage2" and len(seen_set.peaks) == COUNT


def test_the_most_exciting_come_first(examples):
    peaks = np.zeros((COUNT, 3), "float32")
    peaks[:, 1] = np.arange(COUNT)
    peaks[4, 2] = 1
    seen_set = SeenSet(
        examples, np.eye(COUNT, dtype="float32"), peaks, "stage1"
    )
    found = seen_set.exciting(2, 3)
    assert list(found) == [1, 2]
    assert found[1].tolist() == [10, 9, 8] and found[2][0] == 4
    assert seen_set.nearest(np.eye(COUNT)[[7]], 1).tolist() == [[7]]


def test_what_is_alike_lies_together():
    random = np.random.default_rng(0)
    groups = np.repeat(np.eye(3) * 20, 20, axis=0)
    vectors = np.pad(groups, ((0, 0), (0, 9))) + random.normal(size=(60, 12))
    places = laid_out(vectors.astype("float32"))
    assert places.min() == 0 and places.max() == 1
    labels = np.repeat(np.arange(3), 20)
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    nearest = labels[apart.argsort(axis=1)[:, :5]]
    assert (nearest == labels[:, None]).mean() > 0.95
    assert np.array_equal(places, laid_out(vectors.astype("float32")))


@pytest.mark.parametrize("count", [1, 2, 7, 8])
def test_few_or_equal_vectors_are_laid_out_too(count):
    assert np.isfinite(laid_out(np.ones((count, 4), "float32"))).all()


def test_a_section_of_the_page(seen_set, examples):
    found = seen_set_section(seen_set, ("mine.png",), seen_set.vectors[3:4])
    assert found["count"] == COUNT == len(found["dots"])
    assert [row["name"] for row in found["classes"]] == ["green", "red"]
    first = found["alike"][0]["pictures"][0]
    assert first["name"] == examples.names[3] and first["label"] == "green"
    assert len(found["channels"]) == 8


def test_tensorboard_s_projector(seen_set, tmp_path):
    write_projector(tmp_path / "new", seen_set)
    config = text_format.Parse(
        (tmp_path / "new" / "projector_config.pbtxt").read_text(),
        projector_config_pb2.ProjectorConfig(),
    )
    (held,) = config.embeddings
    vectors = np.loadtxt(tmp_path / "new" / held.tensor_path, delimiter="\t")
    assert np.allclose(vectors, seen_set.vectors, rtol=1e-4, atol=1e-6)
    lines = (tmp_path / "new" / held.metadata_path).read_text().splitlines()
    assert len(lines) == 1 + COUNT
    # A tab in a name is none in the table.
    assert lines[1].split("\t") == ["red", "picture\\t0.png"]
    side = held.sprite.single_image_dim[0]
    with Image.open(tmp_path / "new" / held.sprite.image_path) as sheet:
        assert sheet.size == (4 * side, 4 * side)
        middle = (side // 2, side // 2)
        assert sheet.getpixel(middle)[0] > sheet.getpixel(middle)[1]
    with pytest.raises(RequestError, match="holds one already"):
        write_projector(tmp_path / "new", seen_set)
