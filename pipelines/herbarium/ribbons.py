"""Ribbons: the bent, tapering sheets of which every plant is made.

A petal, a leaf blade, a lobe and a blade of grass are the same sheet with
other numbers, so one surface formula and one painter draw them all.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL import ImageDraw

from pipelines.herbarium.species import Outline

_FOCAL = 5.0


@dataclass(frozen=True)
class Ribbons:
    """A batch of n sheets; every field is a number or an array of n.

    Attributes:
        x: Where the base is.
        y: Where the base is.
        z: Where the base is, upwards.
        azimuth: Heading in the plane, radians.
        length: From base to tip.
        width: Largest half-width.
        lift: Angle between base and plane, radians.
        bend: Turn upwards from base to tip, radians.
        sway: Turn sideways from base to tip, radians.
        fold: How far the edges stand up, in half-widths.
        ripple: How far the edges wave, in half-widths.
        skew: How far the tip leans sideways, in half-widths.
        phase: Where the wave starts, radians.
    """

    x: np.ndarray | float = 0.0
    y: np.ndarray | float = 0.0
    z: np.ndarray | float = 0.0
    azimuth: np.ndarray | float = 0.0
    length: np.ndarray | float = 1.0
    width: np.ndarray | float = 0.1
    lift: np.ndarray | float = 0.0
    bend: np.ndarray | float = 0.0
    sway: np.ndarray | float = 0.0
    fold: np.ndarray | float = 0.0
    ripple: np.ndarray | float = 0.0
    skew: np.ndarray | float = 0.0
    phase: np.ndarray | float = 0.0

    def columns(self, rank: int) -> list[np.ndarray]:
        """The fields in order, shaped to meet grids of that many axes."""
        values = [np.asarray(v, np.float64) for v in vars(self).values()]
        shape = (-1,) + (1,) * rank
        return [v.reshape(shape) for v in values]


@dataclass(frozen=True)
class View:
    """How space falls onto the picture.

    Attributes:
        turn: 3 x 3 rotation.
        scale: Pixels a unit.
        centre: Pixel of the origin, x then y.
        light: Unit vector towards the light, in picture space.
        ambient: Share of light that comes from everywhere, 0 to 1.
    """

    turn: np.ndarray
    scale: float
    centre: tuple[float, float]
    light: np.ndarray
    ambient: float = 0.5

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns pixel coordinates and the turned points."""
        turned = points @ self.turn.T
        depth = self.scale * _FOCAL / (_FOCAL - turned[..., 2:])
        return turned[..., :2] * depth + np.asarray(self.centre), turned


def rotation(spin: float, tilt: float, axis: float) -> np.ndarray:
    """Spins in the plane, then tilts about an axis lying in it (radians)."""
    return _spin(axis) @ _tilt(tilt) @ _spin(spin - axis)


def _spin(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _tilt(angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def half_width(outline: Outline, t: np.ndarray) -> np.ndarray:
    """Half-width of an outline at t, 0 the base and 1 the tip."""
    knots = np.linspace(0.0, 1.0, len(outline.widths))
    width = np.interp(t, knots, outline.widths)
    if outline.teeth:
        notch = 1.0 - (t * outline.teeth) % 1.0 / 0.8
        # A tooth rises slowly and falls at once, so that it points forwards.
        notch = np.where(notch < 0.0, -4.0 * notch, notch)
        width = width * (1.0 - outline.depth * notch)
    if outline.lobes:
        wave = np.cos(2.0 * math.pi * (outline.lobes * t - 0.1))
        width = width * (1.0 - outline.depth * (0.5 + 0.5 * wave) ** 2.2)
    return width


def rows(outline: Outline, plain: int) -> np.ndarray:
    """Values of t at which a sheet of that outline has to be cut."""
    if outline.teeth:
        roots = np.arange(outline.teeth) / outline.teeth
        cuts = np.stack([roots, roots + 0.8 / outline.teeth], axis=1)
        return np.append(cuts.ravel(), 1.0)
    if outline.lobes:
        return np.linspace(0.0, 1.0, 9 * outline.lobes + 1)
    return np.linspace(0.0, 1.0, plain)


def grid(plain: int, across: int) -> tuple[np.ndarray, np.ndarray]:
    """Even t of (plain, 1) and s of (across,), for `surface`."""
    return np.linspace(0.0, 1.0, plain)[:, None], np.linspace(-1, 1, across)


def surface(
    ribbons: Ribbons, outline: Outline, t: np.ndarray, s: np.ndarray
) -> np.ndarray:
    """Points of the sheets: (n, *grid, 3) for t and s that make one grid.

    `t` runs from 0 at the base to 1 at the tip, `s` from -1 to 1 across.
    """
    t, s = np.broadcast_arrays(t, s)
    (
        x,
        y,
        z,
        azimuth,
        length,
        width,
        lift,
        bend,
        sway,
        fold,
        ripple,
        skew,
        (phase),
    ) = ribbons.columns(t.ndim)
    wide = half_width(outline, t) * width
    knots = np.linspace(-1.0, 1.0, len(outline.tips))
    along = t * (1.0 - t * (1.0 - np.interp(s, knots, outline.tips)))
    run = length * along * np.sinc(bend * along / (2.0 * math.pi))
    rise = lift + bend * along / 2.0
    heading = azimuth + sway * along / 2.0
    side = azimuth + sway * along
    across = wide * (s + skew * t * t)
    edge = s * s
    wave = np.sin(phase + 7.0 * t + 2.0 * s)
    reach = run * np.cos(rise)
    points = (
        x + reach * np.cos(heading) - across * np.sin(side),
        y + reach * np.sin(heading) + across * np.cos(side),
        z + run * np.sin(rise) + wide * edge * (fold + ripple * wave),
    )
    return np.stack(np.broadcast_arrays(*points), axis=-1)


def shade(turned: np.ndarray, view: View) -> np.ndarray:
    """Light on each cell of turned sheets: (n, rows - 1, columns - 1)."""
    first = turned[:, 1:, 1:] - turned[:, :-1, :-1]
    second = turned[:, :-1, 1:] - turned[:, 1:, :-1]
    normal = np.cross(first, second)
    size = np.sqrt((normal * normal).sum(-1)) + 1e-12
    facing = np.where(normal[..., 2] < 0.0, -1.0, 1.0) / size
    lit = (normal @ view.light) * facing
    # A leaf in backlight glows a little: less than black is never seen.
    lit = np.where(lit < 0.0, -0.35 * lit, lit)
    return view.ambient + (1.0 - view.ambient) * 1.25 * lit


def inks(colours: np.ndarray) -> list[int]:
    """Packs RGB values of 0 to 1 into the integers Pillow draws fastest."""
    bytes_ = (np.clip(colours, 0.0, 1.0) * 255.0 + 0.5).astype(np.int64)
    packed = bytes_[..., 0] | bytes_[..., 1] << 8 | bytes_[..., 2] << 16
    return packed.ravel().tolist()


class Canvas:
    """A picture being painted, with a hard and a see-through brush."""

    def __init__(self, image: Image.Image):
        self.image = image
        self.hard = ImageDraw.Draw(image)
        self.soft = ImageDraw.Draw(image, "RGBA")

    def sheets(
        self,
        points: np.ndarray,
        albedo: np.ndarray,
        view: View,
        *,
        gloom: int = 0,
        drop: float = 0.02,
    ) -> None:
        """Paints sheets in order, each over a thin shadow of itself.

        `points` is (n, rows, columns, 3), `albedo` broadcasts to
        (n, rows - 1, columns - 1, 3) in 0 to 1, `gloom` is the opacity of
        the shadow, 0 to 255, `drop` how far off it falls, in units.
        """
        flat, turned = view.project(points)
        colours = albedo * shade(turned, view)[..., None]
        cells = _cells(flat)
        fills = inks(colours)
        count = len(cells) // len(points)
        edges = outlines(flat)
        if gloom:
            edges += -view.light[:2] * view.scale * drop
        for index, edge in enumerate(edges):
            if gloom:
                ring = edge.ravel().tolist()
                self.soft.polygon(ring, fill=(12, 14, 22, gloom))
            start = index * count
            for cell in range(start, start + count):
                self.hard.polygon(cells[cell], fill=fills[cell])

    def lines(
        self,
        points: np.ndarray,
        view: View,
        fill: tuple[int, ...],
        width: int,
    ) -> None:
        """Draws see-through lines through points of shape (n, m, 3)."""
        flat, _ = view.project(points)
        for line in flat.reshape(len(flat), -1).tolist():
            self.soft.line(line, fill=fill, width=width, joint="curve")

    def dots(
        self, flat: np.ndarray, radius: npt.ArrayLike, colours: np.ndarray
    ) -> None:
        """Draws round dots at pixels (n, 2), colours (n, 3) in 0 to 1."""
        radii = np.broadcast_to(radius, flat.shape[:1])[:, None]
        boxes = np.concatenate([flat - radii, flat + radii], axis=1)
        for box, fill in zip(boxes.tolist(), inks(colours), strict=True):
            self.hard.ellipse(box, fill=fill)


def outlines(flat: np.ndarray) -> np.ndarray:
    """The rims of projected sheets, (n, 2 * rows + columns, 2)."""
    left = flat[:, :, 0]
    tip = flat[:, -1, 1:-1]
    right = flat[:, ::-1, -1]
    return np.concatenate([left, tip, right], axis=1)


def _cells(flat: np.ndarray) -> list[list[float]]:
    corners = (
        flat[:, :-1, :-1],
        flat[:, 1:, :-1],
        flat[:, 1:, 1:],
        flat[:, :-1, 1:],
    )
    return np.concatenate(corners, axis=-1).reshape(-1, 8).tolist()
