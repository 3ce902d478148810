"""Sets a plant in a place: pose, light, shadow and what hides it."""

import math

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFilter

from pipelines.herbarium.clutter import FLAT
from pipelines.herbarium.clutter import Clutter
from pipelines.herbarium.clutter import Place
from pipelines.herbarium.clutter import backdrop
from pipelines.herbarium.flowers import grow_flower
from pipelines.herbarium.grounds import GRASS
from pipelines.herbarium.grounds import GROUNDS
from pipelines.herbarium.grounds import Ground
from pipelines.herbarium.leaves import grow_leaf
from pipelines.herbarium.plant import Plant
from pipelines.herbarium.plant import paint
from pipelines.herbarium.plant import pick
from pipelines.herbarium.ribbons import Canvas
from pipelines.herbarium.ribbons import Ribbons
from pipelines.herbarium.ribbons import View
from pipelines.herbarium.ribbons import grid
from pipelines.herbarium.ribbons import outlines
from pipelines.herbarium.ribbons import rotation
from pipelines.herbarium.ribbons import surface
from pipelines.herbarium.species import OUTLINES
from pipelines.herbarium.species import Flower
from pipelines.herbarium.species import Species

_SUPERSAMPLING = 2
_SHADOW = (10, 12, 20)

# How often a picture shows one, two and three plants of its species.
_COMPANY = (0.62, 0.26, 0.12)


def compose(
    species: Species, size: tuple[int, int], rng: np.random.Generator
) -> tuple[Image.Image, np.ndarray]:
    """Paints a species in a place, in even light.

    Returns the picture at `size` and the unit vector towards the light.
    """
    light, ground = begin(rng)
    place = Place(ground, light, rng.normal(-math.pi / 2.0, 0.25))
    image = backdrop(place, size, rng)
    smaller = int(rng.choice(len(_COMPANY), p=_COMPANY))
    cast = [_pose(species, size, light, rng, True) for _ in range(smaller)]
    cast.append(_pose(species, size, light, rng, False))
    _cast_shadows(image, cast, rng)
    large = (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING)
    canvas = Canvas(image.resize(large, Image.Resampling.BILINEAR))
    brush = Clutter(canvas, place, rng)
    brush.blades(rng.uniform(0.0, 0.2))
    brush.leaves(rng.uniform(0.0, 0.15))
    brush.blossoms(rng.uniform(0.0, 0.3))
    for plant, view in cast:
        if isinstance(species, Flower) and rng.random() < 0.75:
            _paint_stem(canvas, view, rng)
        paint(plant, canvas, view, rng)
    _occlude(brush, cast[-1][1], rng)
    picture = canvas.image.reduce(_SUPERSAMPLING)
    _blur_foreground(picture, place, rng)
    return picture, light


def begin(rng: np.random.Generator) -> tuple[np.ndarray, Ground]:
    """Draws what a scene begins with: the light and the ground."""
    light = _light(rng)
    return light, GROUNDS[rng.integers(len(GROUNDS))]


def _light(rng: np.random.Generator) -> np.ndarray:
    around = rng.uniform(0.0, 2.0 * math.pi)
    height = rng.uniform(0.6, 1.25)
    flat = math.cos(height)
    return np.array(
        [flat * math.cos(around), flat * math.sin(around), math.sin(height)]
    )


def _pose(
    species: Species,
    size: tuple[int, int],
    light: np.ndarray,
    rng: np.random.Generator,
    small: bool,
) -> tuple[Plant, View]:
    flower = isinstance(species, Flower)
    if isinstance(species, Flower):
        plant = grow_flower(species, rng)
    else:
        plant = grow_leaf(species, rng)
    # A flower still shows its count when tilted; a leaf hides its outline.
    tilt = (1.0 if flower else 0.8) * rng.beta(1.3, 1.9)
    turn = rotation(rng.uniform(0.0, 6.3), tilt, rng.uniform(0.0, 6.3))
    share = rng.triangular(0.34, 0.74, 1.02)
    if small:
        share *= rng.uniform(0.35, 0.62)
    free = np.clip(1.02 - 0.7 * share, 0.25, 1.0 if small else 0.6) / 2.0
    x, y = (0.5 + rng.uniform(-free, free, 2)) * size * _SUPERSAMPLING
    scale = share * min(size) * _SUPERSAMPLING / 2.0
    return plant, View(turn, scale, (x, y), light, rng.uniform(0.4, 0.62))


def _cast_shadows(
    image: Image.Image,
    cast: list[tuple[Plant, View]],
    rng: np.random.Generator,
) -> None:
    mask = Image.new("L", image.size)
    draw = ImageDraw.Draw(mask)
    height = rng.uniform(0.06, 0.4)
    depth = int(rng.integers(70, 190))
    for plant, view in cast:
        shift = -view.light[:2] / view.light[2] * view.scale * height
        for sheet in plant.sheets:
            flat, _ = view.project(sheet.points)
            rims = (outlines(flat) + shift) / _SUPERSAMPLING
            for rim in rims.reshape(len(rims), -1).tolist():
                draw.polygon(rim, fill=depth)
    radius = 1.0 + height * 0.05 * min(image.size)
    mask = mask.filter(ImageFilter.GaussianBlur(radius))
    image.paste(_SHADOW, (0, 0), mask)


def _paint_stem(canvas: Canvas, view: View, rng: np.random.Generator) -> None:
    green = pick(GRASS, rng) * 0.8
    flat = View(FLAT, view.scale, view.centre, view.light)
    stem = Ribbons(
        azimuth=np.array([rng.normal(math.pi / 2.0, 0.35)]),
        length=5.0,
        width=0.045,
        sway=rng.normal(0.0, 0.4),
        fold=-0.6,
    )
    points = surface(stem, OUTLINES["strap"], *grid(12, 5))
    canvas.sheets(points, green, flat, gloom=60)
    n = int(rng.integers(0, 4))
    if not n:
        return
    nodes = points[0, rng.integers(2, 6, n), 2]
    leaves = Ribbons(
        nodes[:, 0],
        nodes[:, 1],
        azimuth=rng.uniform(0.0, math.pi, n),
        length=rng.uniform(0.5, 1.1, n),
        width=rng.uniform(0.08, 0.2, n),
        lift=0.3,
        bend=rng.normal(-0.8, 0.3, n),
        sway=rng.normal(0.0, 0.5, n),
        fold=0.3,
    )
    points = surface(leaves, OUTLINES["oval"], *grid(12, 5))
    tone = rng.uniform(0.8, 1.1, (n, 1, 1, 1))
    canvas.sheets(points, green * tone, flat, gloom=60)


def _occlude(brush: Clutter, view: View, rng: np.random.Generator) -> None:
    middle = np.asarray(view.centre) / brush.view.scale
    reach = view.scale / brush.view.scale
    if rng.random() < 0.45:
        n = int(rng.integers(1, 5))
        roots = rng.uniform((-1.1, 0.1), (1.1, 1.2), (n, 2)) * reach
        brush.grass(middle + roots + np.array([0.0, 0.1]))
    if rng.random() < 0.2:
        angle = rng.uniform(0.0, 2.0 * math.pi)
        rim = np.array([[math.cos(angle), math.sin(angle)]])
        root = middle + rim * rng.uniform(1.0, 1.3) * reach
        turn = np.array([angle + math.pi + rng.normal(0.0, 0.7)])
        brush.foliage(root, turn, (0.5 * reach, reach))


def _blur_foreground(
    picture: Image.Image, place: Place, rng: np.random.Generator
) -> None:
    if rng.random() > 0.3:
        return
    mask = Image.new("L", picture.size)
    draw = ImageDraw.Draw(mask)
    wide, high = picture.size
    for _ in range(int(rng.integers(1, 4))):
        x = rng.uniform(-0.1, 1.1) * wide
        lean = math.cos(place.heading + rng.normal(0.0, 0.3)) * high
        top = rng.uniform(0.1, 0.8) * high
        half = rng.uniform(0.015, 0.05) * wide
        draw.polygon((x - half, high, x + lean, top, x + half, high), fill=190)
    radius = rng.uniform(0.015, 0.04) * high
    mask = mask.filter(ImageFilter.GaussianBlur(radius))
    colour = pick(place.ground.blade_tint, rng) * rng.uniform(0.5, 1.0)
    ink = (colour * 255.0).astype(int).tolist()
    picture.paste(tuple(ink), (0, 0), mask)
