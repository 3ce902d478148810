"""Paints the middle of a flower: discs, stamens, trumpets, eyes and buds."""

import math

import numpy as np

from pipelines.herbarium.ribbons import Canvas
from pipelines.herbarium.ribbons import View
from pipelines.herbarium.species import Centre

_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
_ANTHER = np.array([0.93, 0.76, 0.25])
_FILAMENT = (236, 226, 150, 210)


def paint_centre(
    centre: Centre,
    colour: np.ndarray,
    canvas: Canvas,
    view: View,
    rng: np.random.Generator,
) -> None:
    """Paints a centre of that colour (RGB, 0 to 1) at the view's origin."""
    _PAINTERS[centre.kind](centre, colour, canvas, view, rng)


def _paint_disc(
    centre: Centre,
    colour: np.ndarray,
    canvas: Canvas,
    view: View,
    rng: np.random.Generator,
) -> None:
    count = 90
    radius = np.sqrt((np.arange(count) + 0.5) / count)[::-1]
    angle = np.arange(count) * _GOLDEN_ANGLE
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    steep = centre.height / centre.radius
    z = 0.08 + steep * (1.0 - radius**2)
    points = np.stack([x, y, z], axis=1) * centre.radius
    flat, turned = view.project(points)
    normal = np.stack([2.0 * steep * x, 2.0 * steep * y, np.ones(count)], 1)
    normal = normal @ view.turn.T
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    lit = np.maximum(normal @ view.light, 0.0)
    tone = view.ambient + (1.0 - view.ambient) * 1.2 * lit
    tone *= np.where(radius < 0.45, rng.uniform(0.75, 1.1), 1.0)
    colours = colour * (tone * rng.normal(1.0, 0.09, count))[:, None]
    dot = 0.15 * centre.radius * view.scale
    canvas.dots(flat + 0.5 * dot, 1.15 * dot, 0.55 * colours)
    order = np.argsort(turned[:, 2])
    canvas.dots(flat[order], 0.85 * dot, colours[order])


def _paint_stamens(
    centre: Centre,
    colour: np.ndarray,
    canvas: Canvas,
    view: View,
    rng: np.random.Generator,
) -> None:
    count = int(rng.integers(26, 38))
    angle = rng.uniform(0.0, 2.0 * math.pi, count)
    reach = centre.radius * rng.uniform(0.55, 1.15, count)
    end = _around(angle, reach, centre.height)
    pixels = max(1, round(0.018 * view.scale))
    canvas.lines(np.stack([0.3 * end, end], 1), view, _FILAMENT, pixels)
    anther = np.tile(_ANTHER * rng.uniform(0.8, 1.05), (count, 1))
    flat, _ = view.project(end)
    dot = 0.038 * view.scale
    canvas.dots(flat + 0.4 * dot, dot, 0.5 * anther)
    canvas.dots(flat, 0.85 * dot, anther)
    pistil = Centre("disc", 0.45 * centre.radius, 0.1, centre.tint)
    shade = colour * np.array([0.8, 0.9, 0.7])
    _paint_disc(pistil, shade, canvas, view, rng)


def _paint_trumpet(
    centre: Centre,
    colour: np.ndarray,
    canvas: Canvas,
    view: View,
    rng: np.random.Generator,
) -> None:
    around = np.linspace(0.0, 2.0 * math.pi, 31)
    up = np.linspace(0.0, 1.0, 6)[:, None]
    frill = 1.0 + 0.06 * np.sin(around * rng.integers(7, 11)) * up**3
    radius = centre.radius * (0.62 + 0.38 * up**2) * frill
    points = _around(around, radius, up * centre.height)
    tone = 0.62 + 0.21 * (up[1:] + up[:-1])
    albedo = np.repeat(tone, 30, axis=1).reshape(-1, 1, 1, 1) * colour
    near = np.stack([points[:-1, :-1], points[1:, :-1]], axis=2)
    far = np.stack([points[:-1, 1:], points[1:, 1:]], axis=2)
    cells = np.stack([near, far], axis=-2).reshape(-1, 2, 2, 3)
    order = np.argsort((cells.mean((1, 2)) @ view.turn.T)[:, 2])
    behind, before = np.array_split(order, 2)
    _polygon(canvas, view, _ring(0.64 * centre.radius), 0.45 * colour)
    canvas.sheets(cells[behind], albedo[behind], view)
    pistil = Centre("disc", 0.3 * centre.radius, 0.1, centre.tint)
    _paint_disc(pistil, 0.8 * colour, canvas, view, rng)
    canvas.sheets(cells[before], albedo[before], view)


def _paint_eye(
    centre: Centre,
    colour: np.ndarray,
    canvas: Canvas,
    view: View,
    rng: np.random.Generator,
) -> None:
    lobes = int(rng.integers(4, 6))
    angle = np.arange(lobes) * (2.0 * math.pi / lobes) + rng.uniform(0.0, 6.0)
    tips = _around(angle, 0.8 * centre.radius, centre.height)
    _polygon(canvas, view, _ring(0.7 * centre.radius), 0.47 * colour)
    flat, _ = view.project(tips)
    dot = 0.4 * centre.radius * view.scale
    colours = np.tile(colour, (lobes, 1))
    canvas.dots(flat + 0.2 * dot, dot, 0.6 * colours)
    canvas.dots(flat, 0.8 * dot, colours)


def _paint_bud(
    centre: Centre,
    colour: np.ndarray,
    canvas: Canvas,
    view: View,
    rng: np.random.Generator,
) -> None:
    angle = np.linspace(0.0, 4.0 * math.pi, 30) + rng.uniform(0.0, 6.0)
    radius = np.linspace(0.1, 1.0, 30) * centre.radius
    disc = _ring(1.15 * centre.radius, centre.height)
    _polygon(canvas, view, disc, 0.47 * colour)
    spiral = _around(angle, radius, centre.height)[None]
    pixels = max(1, round(0.02 * view.scale))
    canvas.lines(spiral, view, _bytes(0.82 * colour), pixels)


_PAINTERS = {
    "disc": _paint_disc,
    "stamens": _paint_stamens,
    "trumpet": _paint_trumpet,
    "eye": _paint_eye,
    "bud": _paint_bud,
}


def _around(
    angle: np.ndarray, radius: np.ndarray | float, z: np.ndarray | float
) -> np.ndarray:
    parts = radius * np.cos(angle), radius * np.sin(angle), z
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def _ring(radius: float, z: float = 0.0) -> np.ndarray:
    return _around(np.linspace(0.0, 2.0 * math.pi, 25), radius, z)


def _polygon(
    canvas: Canvas, view: View, points: np.ndarray, colour: np.ndarray
) -> None:
    flat, _ = view.project(points)
    canvas.hard.polygon(flat.ravel().tolist(), fill=_bytes(colour))


def _bytes(colour: np.ndarray) -> tuple[int, ...]:
    return tuple((np.clip(colour, 0.0, 1.0) * 255.0).astype(int).tolist())
