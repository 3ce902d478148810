"""A plant ready to be painted, and how it is painted."""

import colorsys
from dataclasses import dataclass

import numpy as np

from pipelines.herbarium.centres import paint_centre
from pipelines.herbarium.ribbons import Canvas
from pipelines.herbarium.ribbons import View
from pipelines.herbarium.species import Centre
from pipelines.herbarium.species import Tint


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
    """One plant: its sheets in painting order and what goes on top.

    Attributes:
        sheets: Petals or blades, the lowest first.
        centre: The middle of a flower; a leaf has none.
        centre_colour: Its colour, RGB in 0 to 1.
    """

    sheets: tuple[Sheet, ...]
    centre: Centre | None = None
    centre_colour: np.ndarray | None = None


def pick(tint: Tint, rng: np.random.Generator) -> np.ndarray:
    """One colour of a range, RGB in 0 to 1."""
    hue = rng.uniform(*tint.hue) / 360.0 % 1.0
    saturation = rng.uniform(*tint.saturation)
    value = rng.uniform(*tint.value)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def paint(
    plant: Plant, canvas: Canvas, view: View, rng: np.random.Generator
) -> None:
    """Paints a plant onto a canvas."""
    for sheet in plant.sheets:
        canvas.sheets(sheet.points, sheet.albedo, view, gloom=sheet.gloom)
        for points, width in sheet.veins:
            pixels = max(1, round(width * view.scale))
            canvas.lines(points, view, sheet.vein_ink, pixels)
    if plant.centre is not None and plant.centre_colour is not None:
        paint_centre(plant.centre, plant.centre_colour, canvas, view, rng)
