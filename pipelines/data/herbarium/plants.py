"""Grows one plant of a species and paints it: flowers and leaves."""

import colorsys
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.data.herbarium.ribbons import Canvas
from pipelines.data.herbarium.ribbons import Ribbons
from pipelines.data.herbarium.ribbons import View
from pipelines.data.herbarium.ribbons import rows
from pipelines.data.herbarium.ribbons import surface
from pipelines.data.herbarium.species import OUTLINES
from pipelines.data.herbarium.species import Centre
from pipelines.data.herbarium.species import Flower
from pipelines.data.herbarium.species import Layer
from pipelines.data.herbarium.species import Leaf
from pipelines.data.herbarium.species import Species
from pipelines.data.herbarium.species import Tint

_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
_ANTHER = np.array([0.93, 0.76, 0.25])
_FILAMENT = (236, 226, 150, 210)


@dataclass(frozen=True)
class Sheet:
    """Sheets ready to be painted: points, colours, shadow and veins."""

    points: np.ndarray
    albedo: np.ndarray
    gloom: int = 0
    veins: tuple[tuple[np.ndarray, float], ...] = ()
    vein_ink: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plant:
    """One plant: its sheets in painting order and what goes on top."""

    sheets: tuple[Sheet, ...]
    centre: Callable[[Canvas, View], None] | None
    foot: tuple[float, float]


def pick(tint: Tint, rng: np.random.Generator) -> np.ndarray:
    """One colour of a range, RGB in 0 to 1."""
    hue = rng.uniform(*tint.hue) / 360.0 % 1.0
    saturation = rng.uniform(*tint.saturation)
    value = rng.uniform(*tint.value)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def grow(species: Species, rng: np.random.Generator) -> Plant:
    """Grows a plant about one unit in radius, lying in the plane."""
    if isinstance(species, Flower):
        return _grow_flower(species, rng)
    return _grow_leaf(species, rng)


def paint(plant: Plant, canvas: Canvas, view: View) -> None:
    """Paints a plant onto a canvas."""
    for sheet in plant.sheets:
        canvas.sheets(sheet.points, sheet.albedo, view, gloom=sheet.gloom)
        for points, width in sheet.veins:
            pixels = max(1, round(width * view.scale))
            canvas.lines(points, view, sheet.vein_ink, pixels)
    if plant.centre is not None:
        plant.centre(canvas, view)


def _grow_flower(flower: Flower, rng: np.random.Generator) -> Plant:
    age = rng.beta(1.2, 3.0)
    form = flower.tints[rng.integers(len(flower.tints))]
    base, tip = pick(form, rng), pick(form, rng)
    throat = pick(flower.throat, rng)
    if flower.throat in flower.tints:
        throat = base * rng.uniform(0.75, 0.95)
    vigour = rng.uniform(0.87, 1.13), rng.uniform(-0.12, 0.15)
    sheets = []
    for depth, layer in enumerate(flower.layers):
        # The inner rings sit in the shade of nothing, the outer of them.
        glow = 0.84 + 0.16 * (depth + 1) / len(flower.layers)
        colours = (base * glow, tip * glow, throat * glow)
        offset = depth * math.pi / layer.petals
        petals = _petals(flower, layer, vigour, offset, age, rng)
        sheets.append(_petal_sheet(flower, petals, colours, age, rng))
    tint = form if flower.centre.kind == "bud" else flower.centre.tint
    middle = _CENTRES[flower.centre.kind](flower.centre, pick(tint, rng), rng)
    return Plant(tuple(sheets), middle, (0.0, 0.0))


def _petals(
    flower: Flower,
    layer: Layer,
    vigour: tuple[float, float],
    offset: float,
    age: float,
    rng: np.random.Generator,
) -> Ribbons:
    n = layer.petals
    step = 2.0 * math.pi / n
    width, lift = vigour
    return Ribbons(
        azimuth=np.arange(n) * step + offset + rng.normal(0, 0.07 * step, n),
        length=layer.length * rng.normal(1.0, 0.03 + 0.06 * age, n),
        width=layer.width * width * rng.normal(1.0, 0.05, n),
        lift=layer.lift + lift + rng.normal(0.0, 0.05, n),
        bend=layer.bend + rng.normal(0.0, 0.12, n) - 0.7 * age,
        sway=rng.normal(0.0, 0.1, n),
        fold=flower.fold + rng.normal(0.0, 0.08, n),
        ripple=flower.ripple * (1.0 + 2.0 * age),
        skew=flower.skew + rng.normal(0.0, 0.05, n),
        phase=rng.uniform(0.0, 6.0, n),
    )


def _petal_sheet(
    flower: Flower,
    petals: Ribbons,
    colours: tuple[np.ndarray, np.ndarray, np.ndarray],
    age: float,
    rng: np.random.Generator,
) -> Sheet:
    outline = OUTLINES[flower.outline]
    n = len(petals.azimuth)
    across = 5 if n > 10 else 9
    t = rows(outline, 7 if n > 10 else 10)
    s = np.linspace(-1.0, 1.0, across)
    points = surface(petals, outline, t[:, None], s)
    base, tip, throat = colours
    mid = ((t[1:] + t[:-1]) / 2.0)[:, None, None]
    inner = np.clip(1.3 * (1.0 - mid / flower.throat_reach), 0.0, 1.0)
    albedo = base + (tip - base) * mid
    albedo = albedo + (throat - albedo) * inner
    wither = np.clip(mid - 1.15 + 0.4 * age, 0.0, 1.0) * 2.5
    albedo = albedo + (np.array([0.55, 0.4, 0.22]) - albedo) * wither
    streak = np.where(np.arange(across - 1) % 2, 1.0, 1 - 0.3 * flower.streaks)
    rim = 1.0 - 0.1 * (np.arange(across - 1) % (across - 2) == 0)
    tone = rng.normal(1.0, 0.035, (n, 1, 1, 1))
    grain = rng.normal(1.0, 0.015, (n, len(t) - 1, across - 1, 1))
    albedo = albedo * (streak * rim)[None, :, None] * tone * grain
    return Sheet(points, albedo, gloom=80)


def _disc(
    centre: Centre, colour: np.ndarray, rng: np.random.Generator
) -> Callable[[Canvas, View], None]:
    count = 90
    radius = np.sqrt((np.arange(count) + 0.5) / count)[::-1]
    angle = np.arange(count) * _GOLDEN_ANGLE
    tones = rng.normal(1.0, 0.09, count)
    core = rng.uniform(0.75, 1.1)

    def paint_disc(canvas: Canvas, view: View) -> None:
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        z = centre.height * (1.0 - radius**2) / centre.radius
        points = np.stack([x, y, z + 0.08], axis=1) * centre.radius
        flat, _ = view.project(points)
        slope = 2.0 * centre.height / centre.radius
        normal = np.stack([slope * x, slope * y, np.ones(count)], axis=1)
        normal = normal @ view.turn.T
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        lit = view.ambient + (1.0 - view.ambient) * 1.2 * np.maximum(
            normal @ view.light, 0.0
        )
        tone = tones * lit * np.where(radius < 0.45, core, 1.0)
        order = np.argsort((points @ view.turn.T)[:, 2])
        dot = 0.15 * centre.radius * view.scale
        canvas.dots(flat + 0.5 * dot, dot * 1.15, 0.55 * colour * tone[:, None])
        canvas.dots(
            flat[order], dot * 0.85, (colour * tone[:, None])[order]
        )

    return paint_disc


def _stamens(
    centre: Centre, colour: np.ndarray, rng: np.random.Generator
) -> Callable[[Canvas, View], None]:
    count = int(rng.integers(26, 38))
    angle = rng.uniform(0.0, 2.0 * math.pi, count)
    reach = centre.radius * rng.uniform(0.55, 1.15, count)
    head = _disc(Centre("disc", 0.45 * centre.radius, 0.1, centre.tint),
                 colour * np.array([0.8, 0.9, 0.7]), rng)
    anther = _ANTHER * rng.uniform(0.8, 1.05)

    def paint_stamens(canvas: Canvas, view: View) -> None:
        foot = np.zeros((count, 3))
        end = np.stack(
            [
                reach * np.cos(angle),
                reach * np.sin(angle),
                np.full(count, centre.height),
            ],
            axis=1,
        )
        lines = np.stack([0.3 * end + 0.7 * foot, end], axis=1)
        pixels = max(1, round(0.018 * view.scale))
        canvas.lines(lines, view, _FILAMENT, pixels)
        flat, _ = view.project(end)
        dot = 0.038 * view.scale
        canvas.dots(flat + 0.4 * dot, dot, np.tile(0.5 * anther, (count, 1)))
        canvas.dots(flat, 0.85 * dot, np.tile(anther, (count, 1)))
        head(canvas, view)

    return paint_stamens


def _trumpet(
    centre: Centre, colour: np.ndarray, rng: np.random.Generator
) -> Callable[[Canvas, View], None]:
    around = np.linspace(0.0, 2.0 * math.pi, 31)
    up = np.linspace(0.0, 1.0, 6)[:, None]
    frill = 1.0 + 0.06 * np.sin(around * rng.integers(7, 11)) * up**3
    radius = centre.radius * (0.62 + 0.38 * up**2) * frill
    z = np.broadcast_to(up * centre.height, radius.shape)
    points = np.stack(
        [radius * np.cos(around), radius * np.sin(around), z], axis=-1
    )
    tone = (0.62 + 0.42 * (up[1:] + up[:-1]) / 2.0)[..., None]
    albedo = np.broadcast_to(colour * tone, (5, 30, 3))
    quads = np.stack([points[:-1, :-1], points[1:, :-1]], axis=2)
    ends = np.stack([points[:-1, 1:], points[1:, 1:]], axis=2)
    cells = np.stack([quads, ends], axis=-2).reshape(-1, 2, 2, 3)
    head = _disc(Centre("disc", 0.3 * centre.radius, 0.1, centre.tint),
                 colour * 0.8, rng)
    floor = _ring(centre.radius * 0.64)

    def paint_trumpet(canvas: Canvas, view: View) -> None:
        flat, _ = view.project(floor)
        canvas.hard.polygon(
            flat.ravel().tolist(), fill=tuple((colour * 115).astype(int))
        )
        depth = (cells.mean((1, 2)) @ view.turn.T)[:, 2]
        order = np.argsort(depth)
        half = len(order) // 2
        shades = albedo.reshape(-1, 1, 1, 3)
        canvas.sheets(cells[order[:half]], shades[order[:half]], view)
        head(canvas, view)
        canvas.sheets(cells[order[half:]], shades[order[half:]], view)

    return paint_trumpet


def _ring(radius: float, count: int = 24) -> np.ndarray:
    angle = np.arange(count) * (2.0 * math.pi / count)
    return radius * np.stack(
        [np.cos(angle), np.sin(angle), np.zeros(count)], axis=1
    )


def _eye(
    centre: Centre, colour: np.ndarray, rng: np.random.Generator
) -> Callable[[Canvas, View], None]:
    lobes = int(rng.integers(4, 6))
    around = np.arange(lobes) * (2.0 * math.pi / lobes) + rng.uniform(0, 6)
    tips = np.stack(
        [
            0.8 * centre.radius * np.cos(around),
            0.8 * centre.radius * np.sin(around),
            np.full(lobes, centre.height),
        ],
        axis=1,
    )

    def paint_eye(canvas: Canvas, view: View) -> None:
        flat, _ = view.project(_ring(centre.radius * 0.7))
        canvas.hard.polygon(
            flat.ravel().tolist(), fill=tuple((colour * 120).astype(int))
        )
        flat, _ = view.project(tips)
        dot = 0.4 * centre.radius * view.scale
        canvas.dots(flat + 0.2 * dot, dot, np.tile(0.6 * colour, (lobes, 1)))
        canvas.dots(flat, 0.8 * dot, np.tile(colour, (lobes, 1)))

    return paint_eye


def _bud(
    centre: Centre, colour: np.ndarray, rng: np.random.Generator
) -> Callable[[Canvas, View], None]:
    turns = np.linspace(0.0, 4.0 * math.pi, 30) + rng.uniform(0.0, 6.0)
    radius = np.linspace(0.15, 1.0, 30) * centre.radius
    z = np.full(30, centre.height)
    spiral = np.stack(
        [radius * np.cos(turns), radius * np.sin(turns), z], axis=1
    )
    dark = tuple((colour * 120).astype(int))
    glow = tuple((colour * 235).astype(int))

    def paint_bud(canvas: Canvas, view: View) -> None:
        disc = _ring(centre.radius * 1.15)
        disc[:, 2] = centre.height
        flat, _ = view.project(disc)
        canvas.hard.polygon(flat.ravel().tolist(), fill=dark)
        pixels = max(1, round(0.045 * view.scale))
        canvas.lines(spiral[None], view, glow, pixels)

    return paint_bud


_CENTRES = {
    "disc": _disc,
    "stamens": _stamens,
    "trumpet": _trumpet,
    "eye": _eye,
    "bud": _bud,
}


def _grow_leaf(leaf: Leaf, rng: np.random.Generator) -> Plant:
    age = rng.beta(1.2, 2.5)
    form = leaf.tints[rng.integers(len(leaf.tints))]
    base, tip = pick(form, rng), pick(form, rng)
    blades, foot = _BUILDS[leaf.build](leaf, rng)
    stalks = _stalks(leaf, blades, foot)
    sheet = _blade_sheet(leaf, blades, (base, tip), age, rng)
    return Plant((stalks, sheet), None, foot)


def _limp(leaf: Leaf, n: int, rng: np.random.Generator) -> dict:
    return {
        "lift": rng.normal(0.0, 0.08, n),
        "bend": rng.normal(-0.2, 0.3) + rng.normal(0.0, 0.1, n),
        "fold": leaf.fold * rng.uniform(-0.6, 1.2) + rng.normal(0, 0.04, n),
        "ripple": leaf.ripple * rng.uniform(0.4, 1.6),
        "phase": rng.uniform(0.0, 6.0, n),
    }


def _simple(
    leaf: Leaf, rng: np.random.Generator
) -> tuple[Ribbons, tuple[float, float]]:
    blade = Ribbons(
        x=np.array([-0.85]),
        length=1.8,
        width=1.8 * leaf.width * rng.uniform(0.86, 1.14),
        sway=rng.normal(0.0, 0.25, 1),
        **_limp(leaf, 1, rng),
    )
    return blade, (-1.15, 0.0)


def _palmate(
    leaf: Leaf, rng: np.random.Generator
) -> tuple[Ribbons, tuple[float, float]]:
    n = leaf.blades
    side = np.array([-2, 2, -1, 1, 0])[-n:]
    spread = rng.uniform(0.9, 1.06)
    length = np.array([0.86, 0.86, 1.22, 1.22, 1.45])[-n:]
    blades = Ribbons(
        x=np.full(n, -0.45),
        azimuth=side * 0.9 * spread + rng.normal(0.0, 0.05, n),
        length=length * rng.normal(1.0, 0.04, n),
        width=length * leaf.width * rng.uniform(0.88, 1.1),
        sway=rng.normal(0.0, 0.1, n) + 0.06 * side,
        **_limp(leaf, n, rng),
    )
    return blades, (-1.15, 0.0)


def _pinnate(
    leaf: Leaf, rng: np.random.Generator
) -> tuple[Ribbons, tuple[float, float]]:
    n = leaf.blades
    pair = np.append(np.repeat(np.arange(n // 2), 2), n // 2)
    side = np.append(np.tile([-1.0, 1.0], n // 2), 0.0)
    where = -0.62 + pair * (1.18 / (n // 2))
    length = np.array([0.58, 0.66, 0.68, 0.62, 0.66])[pair]
    blades = Ribbons(
        x=where + rng.normal(0.0, 0.015, n),
        y=0.03 * side,
        azimuth=side * rng.uniform(0.85, 1.15) + rng.normal(0.0, 0.06, n),
        length=length * rng.normal(1.0, 0.05, n),
        width=length * leaf.width * rng.uniform(0.85, 1.15),
        sway=rng.normal(0.0, 0.15, n) - 0.2 * side,
        **_limp(leaf, n, rng),
    )
    return blades, (-1.15, 0.0)


_BUILDS = {"simple": _simple, "palmate": _palmate, "pinnate": _pinnate}


def _stalks(
    leaf: Leaf, blades: Ribbons, foot: tuple[float, float]
) -> Sheet:
    end = float(np.max(blades.x))
    stalk = Ribbons(x=foot[0], length=end - foot[0] + 0.05, width=0.028)
    t = np.linspace(0.0, 1.0, 4)[:, None]
    points = surface(stalk, OUTLINES["strap"], t, np.array([-1.0, 0.0, 1.0]))
    return Sheet(points, np.array([0.5, 0.5, 0.26]), gloom=70)


def _blade_sheet(
    leaf: Leaf,
    blades: Ribbons,
    colours: tuple[np.ndarray, np.ndarray],
    age: float,
    rng: np.random.Generator,
) -> Sheet:
    outline = OUTLINES[leaf.outline]
    n = leaf.blades
    t = rows(outline, 14)
    s = np.linspace(-1.0, 1.0, 7 if n < 9 else 5)
    points = surface(blades, outline, t[:, None], s)
    mid = ((t[1:] + t[:-1]) / 2.0)[:, None]
    out = np.abs(s[1:] + s[:-1]) / 2.0
    old = np.clip(1.6 * age * (0.6 * mid + 0.7 * out) - 0.55, 0.0, 0.8)
    base, tip = colours
    albedo = base + (tip - base) * mid[..., None]
    rust = np.array([0.55, 0.36, 0.14]) * rng.uniform(0.7, 1.2)
    albedo = albedo + (rust - albedo) * old[..., None]
    # The two halves of a blade catch the light differently.
    halves = np.where(s[1:] + s[:-1] > 0.0, 1.05, 0.95)[:, None]
    grain = rng.normal(1.0, 0.035, (n, len(t) - 1, len(s) - 1, 1))
    pale = rng.random() < 0.75
    ink = base * (1.0 - 0.55) + 0.55 if pale else base * 0.45
    fill = tuple((np.clip(ink, 0, 1) * 255).astype(int).tolist())
    return Sheet(
        points,
        albedo * halves * grain,
        gloom=70 if leaf.build == "pinnate" else 40,
        veins=_veins(leaf, blades),
        vein_ink=(*fill, 190),
    )


def _veins(
    leaf: Leaf, blades: Ribbons
) -> tuple[tuple[np.ndarray, float], ...]:
    outline = OUTLINES[leaf.outline]
    u = np.linspace(0.0, 1.0, 8)
    midrib = surface(blades, outline, u * 0.97, np.zeros(8))
    t, s = _VENATIONS[leaf.venation](leaf.veins, u)
    t, s = np.concatenate([t, t]), np.concatenate([s, -s])
    laterals = surface(blades, outline, t, s).reshape(-1, 8, 3)
    fine = 0.022 if leaf.build == "simple" else 0.016
    return (midrib, 0.03), (laterals, fine)


def _vein_pinnate(
    count: int, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    start = 0.08 + 0.76 * np.arange(count)[:, None] / count
    return start + (0.16 + 0.03 * u) * u, 0.9 * np.tile(u, (count, 1))


def _vein_arcuate(
    count: int, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    k = np.arange(count)[:, None]
    start = 0.04 + 0.13 * k
    end = np.minimum(start + 0.52, 0.97)
    across = (0.82 - 0.06 * k) * np.sin(u * 2.2) ** 0.8
    return start + (end - start) * u, across


def _vein_parallel(
    count: int, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    across = (np.arange(count)[:, None] + 1.0) / (count + 0.6)
    return np.tile(0.02 + 0.94 * u, (count, 1)), np.tile(across, (1, len(u)))


_VENATIONS = {
    "pinnate": _vein_pinnate,
    "arcuate": _vein_arcuate,
    "parallel": _vein_parallel,
}
