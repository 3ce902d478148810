"""The built-in picture set: pictures, folders and the cache."""

import ast
import dataclasses
import doctest
import itertools
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines import herbarium
from pipelines.herbarium import picture
from pipelines.herbarium import writing
from pipelines.herbarium.centres import paint_centre
from pipelines.herbarium.flowers import grow_flower
from pipelines.herbarium.leaves import grow_leaf
from pipelines.herbarium.ribbons import Canvas
from pipelines.herbarium.ribbons import Ribbons
from pipelines.herbarium.ribbons import View
from pipelines.herbarium.ribbons import half_width
from pipelines.herbarium.ribbons import rotation
from pipelines.herbarium.ribbons import shade
from pipelines.herbarium.ribbons import surface
from pipelines.herbarium.species import FLOWERS
from pipelines.herbarium.species import LEAVES
from pipelines.herbarium.species import OUTLINES
from pipelines.herbarium.species import SPECIES

PER_CLASS = 6
ABOVE = np.array([0.0, 0.0, 1.0])


def pixels(image):
    return np.asarray(image)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("herbarium") / "set"
    return herbarium.write(
        root, train_per_class=PER_CLASS, val_per_class=PER_CLASS
    )


def load(folder, split):
    arrays, labels = [], []
    for label, species in enumerate(SPECIES):
        for path in sorted((folder / split / species.name).iterdir()):
            with Image.open(path) as image:
                arrays.append(pixels(image))
            labels.append(label)
    return arrays, np.array(labels)


def test_the_package_needs_pillow_and_numpy_only():
    imported = set()
    for path in Path(herbarium.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module)
            elif isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
    # Of the zoo what is pure Python.
    ours = {name for name in imported if name.partition(".")[0] == "zoo"}
    assert ours == {"zoo.caching", "zoo.plain_csv", "zoo.weights.atomic"}
    others = {name.partition(".")[0] for name in imported - ours}
    assert others - sys.stdlib_module_names == {"PIL", "numpy", "pipelines"}


# The table.


def test_the_table_has_ten_flowers_and_six_leaves():
    assert (len(FLOWERS), len(LEAVES)) == (10, 6)
    assert SPECIES == FLOWERS + LEAVES
    names = [species.name for species in SPECIES]
    assert len(set(names)) == 16
    for name in names:
        assert name.isidentifier()
        assert name == name.lower()


def test_rows_differ_in_more_than_name_and_colour():
    def build(row):
        values = dataclasses.asdict(row)
        for key in ("name", "tints", "throat"):
            values.pop(key, None)
        return values

    for first, second in itertools.combinations(SPECIES, 2):
        assert build(first) != build(second), (first.name, second.name)


def test_every_outline_is_used_and_widest_one():
    assert {row.outline for row in SPECIES} == set(OUTLINES)
    for name, outline in OUTLINES.items():
        assert max(outline.widths) == 1.0, name
        assert max(outline.tips) == 1.0, name


# Geometry.


def test_a_flat_ribbon_ends_at_its_length_and_half_width():
    ribbon = Ribbons(azimuth=np.array([math.pi / 2]), length=2.0, width=0.5)
    t, s = np.array([[0.0], [1.0]]), np.array([-1.0, 0.0, 1.0])
    points = surface(ribbon, OUTLINES["strap"], t, s)
    assert points.shape == (1, 2, 3, 3)
    np.testing.assert_allclose(points[0, 0, 1], (0.0, 0.0, 0.0), atol=1e-12)
    np.testing.assert_allclose(points[0, 1, 1], (0.0, 2.0, 0.0), atol=1e-12)
    # 0.35 is the last width of "strap".
    np.testing.assert_allclose(points[0, 1, 0], (0.175, 2.0, 0.0), atol=1e-12)


def test_a_ribbon_bent_by_half_a_turn_stands_on_a_circle():
    ribbon = Ribbons(length=math.pi, bend=np.array([math.pi]))
    t = np.linspace(0.0, 1.0, 9)
    points = surface(ribbon, OUTLINES["strap"], t, np.zeros(9))[0]
    from_middle = points - np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(np.linalg.norm(from_middle, axis=1), 1.0)
    np.testing.assert_allclose(points[-1], (0.0, 0.0, 2.0), atol=1e-12)


def test_teeth_cut_as_deep_as_they_say():
    outline = OUTLINES["ovate_serrate"]
    smooth = dataclasses.replace(outline, teeth=0)
    root = 4.0 / outline.teeth
    tip = root + 0.8 / outline.teeth
    ratio = half_width(outline, np.array([root + 1e-9, tip]))
    ratio /= half_width(smooth, np.array([root, tip]))
    np.testing.assert_allclose(ratio, (1.0 - outline.depth, 1.0), atol=1e-6)


def test_rotation_keeps_lengths_and_tilts_by_the_angle():
    turn = rotation(0.7, 0.4, 1.9)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert (turn @ ABOVE)[2] == pytest.approx(math.cos(0.4))


def test_a_sheet_facing_the_light_is_brightest():
    view = View(np.eye(3), 10.0, (0.0, 0.0), ABOVE, ambient=0.4)
    t, s = np.array([[0.0], [1.0]]), np.array([-1.0, 1.0])
    flat = surface(Ribbons(lift=np.zeros(1)), OUTLINES["strap"], t, s)
    steep = surface(Ribbons(lift=np.array([1.2])), OUTLINES["strap"], t, s)
    assert shade(flat, view)[0, 0, 0] == pytest.approx(0.4 + 0.6 * 1.25)
    assert shade(steep, view)[0, 0, 0] == pytest.approx(
        0.4 + 0.6 * 1.25 * math.cos(1.2)
    )


# Plants.


@pytest.mark.parametrize("flower", FLOWERS, ids=lambda row: row.name)
def test_a_flower_always_has_the_petals_of_its_row(flower):
    for seed in range(3):
        plant = grow_flower(flower, np.random.default_rng(seed))
        petals = [len(sheet.points) for sheet in plant.sheets]
        assert petals == [layer.petals for layer in flower.layers]
        reach = np.abs(plant.sheets[0].points).max()
        assert 0.6 < reach < 1.6


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda row: row.name)
def test_a_leaf_has_the_blades_and_veins_of_its_row(leaf):
    plant = grow_leaf(leaf, np.random.default_rng(0))
    blades = plant.sheets[-1]
    assert len(blades.points) == leaf.blades
    midribs, laterals = (points for points, _ in blades.veins)
    assert len(midribs) == leaf.blades
    assert len(laterals) == leaf.blades * leaf.veins * 2
    assert plant.centre is None


@pytest.mark.parametrize("flower", FLOWERS, ids=lambda row: row.name)
def test_a_centre_is_painted_where_the_view_says(flower):
    image = Image.new("RGB", (80, 60))
    view = View(np.eye(3), 60.0, (50.0, 30.0), ABOVE)
    paint_centre(
        flower.centre,
        np.array([1.0, 1.0, 0.0]),
        Canvas(image),
        view,
        np.random.default_rng(0),
    )
    painted = np.argwhere(pixels(image).any(-1))
    np.testing.assert_allclose(painted.mean(0), (30.0, 50.0), atol=3.0)


# Pictures.


@pytest.mark.parametrize("species", SPECIES, ids=lambda row: row.name)
def test_every_species_draws_a_picture_with_contrast(species):
    image = herbarium.draw(species, 3)
    assert image.mode == "RGB"
    assert image.size in picture.SIZES
    values = pixels(image).astype(float)
    assert 30.0 < values.mean() < 200.0
    assert values.std() > 15.0


def test_the_same_seed_gives_the_same_pixels():
    for species in (FLOWERS[0], LEAVES[-1]):
        first = herbarium.draw(species, 11).tobytes()
        assert first == herbarium.draw(species, 11).tobytes()


def test_another_seed_or_species_gives_another_picture():
    size = (96, 96)
    drawn = [
        pixels(herbarium.draw(species, seed, size=size)).astype(float)
        for species in SPECIES[:3]
        for seed in (0, 1)
    ]
    for first, second in itertools.combinations(drawn, 2):
        assert np.abs(first - second).mean() > 5.0


def test_draw_leaves_the_global_generator_alone():
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    herbarium.draw(SPECIES[0], 0, size=(64, 64))
    assert np.random.random() == expected


def test_seeds_choose_among_all_sizes():
    seen = {herbarium.draw(SPECIES[0], seed).size for seed in range(40)}
    assert len(seen) >= 6
    assert seen <= set(picture.SIZES)


@pytest.mark.parametrize("size", [(32, 48), [200, 160], (300, 64)])
def test_draw_keeps_the_size_asked_for(size):
    assert herbarium.draw(SPECIES[8], 0, size=size).size == tuple(size)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bellis_alba", 0), r"species: expected a row of SPECIES, received"),
        ((SPECIES[0], -1), r"seed: expected a whole number of at least 0"),
        ((SPECIES[0], 1.5), r"seed: expected .* received 1\.5"),
        ((SPECIES[0], True), r"seed: expected .* received True"),
    ],
)
def test_draw_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        herbarium.draw(*arguments)


@pytest.mark.parametrize("size", [64, (64,), (31, 64), (64, 2049), (6.5, 64)])
def test_draw_refuses_bad_sizes(size):
    with pytest.raises(ValueError, match=r"size: expected \(width, height\)"):
        herbarium.draw(SPECIES[0], 0, size=size)


# The set.


def test_the_folder_has_its_layout_and_counts(folder):
    for split in ("train", "val"):
        names = sorted(path.name for path in (folder / split).iterdir())
        assert names == sorted(species.name for species in SPECIES)
        for name in names:
            files = sorted(p.name for p in (folder / split / name).iterdir())
            assert files == [f"{name}_{i:04d}.jpg" for i in range(1, 7)]


def test_files_are_colour_jpegs_with_halved_chroma(folder):
    path = folder / "val" / "rosa_plena" / "rosa_plena_0001.jpg"
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        # Sampling factors of luma and chroma: 2 x 2 to 1 x 1 is 4:2:0.
        assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]
        # The first luma step of the standard table, 16, at 75 and at 92.
        assert 3 <= image.quantization[0][0] <= 8


def test_no_two_pictures_are_the_same(folder):
    train, _ = load(folder, "train")
    val, _ = load(folder, "val")
    unique = {image.tobytes() for image in train + val}
    assert len(unique) == 2 * 16 * PER_CLASS


def test_mean_colour_does_not_tell_the_species(folder):
    def means(images):
        return np.stack([image.mean((0, 1)) for image in images])

    train, labels = load(folder, "train")
    val, truth = load(folder, "val")
    train, val = means(train), means(val)
    centres = np.stack([train[labels == k].mean(0) for k in range(16)])
    distance = ((val[:, None] - centres) ** 2).sum(-1)
    accuracy = np.mean(distance.argmin(1) == truth)
    # Measured 0.09 to 0.14; chance is 0.06.
    assert accuracy < 0.27
    within = np.mean([train[labels == k].std(0).mean() for k in range(16)])
    between = centres.std(0).mean()
    assert within > 1.3 * between


def test_a_complete_folder_is_left_untouched(folder):
    def state():
        return {p: p.stat().st_mtime_ns for p in folder.rglob("*")}

    before = state()
    assert len(before) == 2 * 16 * (PER_CLASS + 1) + 3
    calls = []
    again = herbarium.write(
        folder,
        train_per_class=PER_CLASS,
        val_per_class=PER_CLASS,
        progress=lambda done, total: calls.append(done),
    )
    assert again == folder
    assert state() == before
    assert calls == []


def test_a_folder_of_another_set_is_refused(folder):
    with pytest.raises(ValueError, match=r"folder: expected .*'seed': 1"):
        herbarium.write(folder, seed=1)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ValueError, match=r"received .* no herbarium set"):
        herbarium.write(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_an_interrupted_write_leaves_nothing_and_the_next_succeeds(tmp_path):
    def interrupt(done, total):
        if done == 5:
            raise KeyboardInterrupt

    target = tmp_path / "set"
    small = {"train_per_class": 1, "val_per_class": 1}
    with pytest.raises(KeyboardInterrupt):
        herbarium.write(target, progress=interrupt, **small)
    assert list(tmp_path.iterdir()) == []
    calls = []
    herbarium.write(target, progress=lambda *call: calls.append(call), **small)
    assert calls == [(done, 32) for done in range(1, 33)]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]

    missing = target / "val" / "rosa_plena" / "rosa_plena_0001.jpg"
    missing.unlink()
    with pytest.raises(ValueError, match="1 pictures missing"):
        herbarium.write(target, **small)


def test_a_set_written_by_somebody_else_meanwhile_is_taken(tmp_path):
    small = {"train_per_class": 1, "val_per_class": 1}
    first = herbarium.write(tmp_path / "first", **small)
    target = tmp_path / "second"

    def overtake(done, total):
        if done == total:
            shutil.copytree(first, target)

    assert herbarium.write(target, progress=overtake, **small) == target
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["first", "second"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, r"seed: expected a whole number of at least 0"),
        ({"train_per_class": 0}, r"train_per_class: expected .* received 0"),
        ({"val_per_class": 2.0}, r"val_per_class: expected .* received 2\.0"),
        ({"val_per_class": 10**7}, r"val_per_class: expected at most 1000000"),
    ],
)
def test_write_and_prepare_refuse_bad_arguments(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        herbarium.write(tmp_path / "set", **arguments)
    with pytest.raises(ValueError, match=message):
        herbarium.prepare(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_prepare_uses_the_cache_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    small = {"train_per_class": 1, "val_per_class": 1, "seed": 4}
    made = herbarium.prepare(**small)
    name = f"herbarium-v{writing.VERSION}-seed4-train1-val1"
    assert made == tmp_path / "cache" / name
    monkeypatch.setattr(writing, "draw", None)
    assert herbarium.prepare(**small) == made
    assert herbarium.prepare(tmp_path / "cache", **small) == made


def test_the_cache_may_lie_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZOO_CACHE", "~/kept")
    made = herbarium.prepare(train_per_class=1, val_per_class=1)
    assert made.parent == tmp_path / "kept"


@pytest.mark.parametrize("module", [herbarium, picture, writing])
def test_the_examples_run(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
