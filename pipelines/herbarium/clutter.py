"""Paints the ground and what lies about on it."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL import ImageFilter

from pipelines.herbarium.grounds import CHALK
from pipelines.herbarium.grounds import HAZE
from pipelines.herbarium.grounds import LOAM
from pipelines.herbarium.grounds import SLATE
from pipelines.herbarium.grounds import STRAW
from pipelines.herbarium.grounds import Ground
from pipelines.herbarium.plant import pick
from pipelines.herbarium.ribbons import Canvas
from pipelines.herbarium.ribbons import Ribbons
from pipelines.herbarium.ribbons import View
from pipelines.herbarium.ribbons import grid
from pipelines.herbarium.ribbons import surface
from pipelines.herbarium.species import OUTLINES
from pipelines.herbarium.species import Outline
from pipelines.herbarium.species import Tint

FLAT = np.eye(3)

_STONE = Outline((0.45, 0.8, 0.96, 1.0, 0.97, 0.82, 0.5))
_BLOSSOM_HUES = (0.0, 48.0, 215.0, 275.0, 330.0)


@dataclass(frozen=True)
class Place:
    """One place of a kind.

    Attributes:
        ground: Its kind.
        light: Unit vector towards the light.
        heading: Where the grass leans, radians.
    """

    ground: Ground
    light: np.ndarray
    heading: float


def noise(
    size: tuple[int, int], cells: float, rng: np.random.Generator
) -> np.ndarray:
    """Smooth noise of (height, width) from 0 to 1, `cells` patches across."""
    wide, high = size
    step = max(wide, high) / cells
    shape = (max(2, round(high / step)), max(2, round(wide / step)))
    seed = rng.integers(0, 256, shape, np.uint8)
    grown = Image.fromarray(seed).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(grown, np.float32) / 255.0


def backdrop(
    place: Place, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    """Paints what is behind the plants, out of focus."""
    brush = Clutter(Canvas(_soil(place.ground, size, rng)), place, rng)
    brush.lights()
    for share in (0.55, 0.45):
        brush.stones(share)
        brush.leaves(share)
        brush.blades(share)
        brush.blossoms(share)
        radius = rng.uniform(*place.ground.blur) * max(size)
        image = brush.canvas.image
        image.paste(image.filter(ImageFilter.GaussianBlur(radius)))
    return brush.canvas.image


def _soil(
    ground: Ground, size: tuple[int, int], rng: np.random.Generator
) -> Image.Image:
    mix = (
        0.55 * noise(size, 1.0 / ground.coarse, rng)
        + 0.3 * noise(size, 4.0 / ground.coarse, rng)
        + 0.15 * noise(size, max(size) / 2.0, rng)
    )
    mix = np.clip((mix - 0.5) * 1.6 + rng.uniform(0.35, 0.65), 0.0, 1.0)
    stops = np.stack([pick(tint, rng) for tint in ground.tints])
    ramp = np.linspace(0.0, 2.0, 256)
    channels = [np.interp(ramp, (0, 1, 2), channel) for channel in stops.T]
    table = (np.stack(channels, axis=-1) * 255.0).astype(np.uint8)
    return Image.fromarray(table[(mix * 255.0).astype(np.uint8)])


class Clutter:
    """Scatters things of one place over a canvas.

    Lengths are in canvas heights. `share` is the part painted now of all
    that the place holds, 0 to 1.
    """

    def __init__(self, canvas: Canvas, place: Place, rng: np.random.Generator):
        self.canvas = canvas
        self.place = place
        self.ground = place.ground
        self.rng = rng
        self.size = canvas.image.size
        self.view = View(FLAT, float(self.size[1]), (0.0, 0.0), place.light)

    def lights(self) -> None:
        """Paints discs of light, see-through."""
        for x, y in self._scatter(self._count(self.ground.lights, 1.0)):
            x, y = x * self.view.scale, y * self.view.scale
            radius = self.rng.uniform(0.03, 0.12) * min(self.size)
            glow = pick(STRAW if self.rng.random() < 0.5 else HAZE, self.rng)
            fill = (glow * 255.0).astype(int).tolist()
            self.canvas.soft.ellipse(
                (x - radius, y - radius, x + radius, y + radius),
                fill=(*fill, int(self.rng.integers(40, 150))),
            )

    def stones(self, share: float) -> None:
        """Paints stones."""
        rng = self.rng
        n = self._count(self.ground.stones, share)
        if not n:
            return
        x, y = self._scatter(n).T
        length = rng.gamma(2.0, 0.035, n) + 0.03
        stones = Ribbons(
            x,
            y,
            azimuth=rng.uniform(0.0, 2.0 * math.pi, n),
            length=length,
            width=length * rng.uniform(0.35, 0.55, n),
            lift=0.8,
            bend=-1.6,
            fold=-0.7,
            ripple=0.1,
            phase=rng.uniform(0.0, 6.0, n),
        )
        points = surface(stones, _STONE, *grid(8, 7))
        albedo = self._colours((SLATE, CHALK, LOAM)[rng.integers(3)], n)
        albedo = albedo * rng.normal(1.0, 0.04, (n, 7, 6, 1))
        self.canvas.sheets(points, albedo, self.view, gloom=110, drop=0.008)

    def leaves(self, share: float) -> None:
        """Paints leaves without veins, as no species has them."""
        n = self._count(self.ground.leaves, share)
        if not n:
            return
        turn = self.rng.uniform(0.0, 2.0 * math.pi, n)
        self.foliage(self._scatter(n), turn, (0.1, 0.36))

    def foliage(
        self,
        where: np.ndarray,
        azimuth: np.ndarray,
        lengths: tuple[float, float],
    ) -> None:
        """Paints such leaves at points of (n, 2), of a range of lengths."""
        rng = self.rng
        n = len(where)
        length = rng.uniform(*lengths, n)
        leaves = Ribbons(
            where[:, 0],
            where[:, 1],
            azimuth=azimuth,
            length=length,
            width=length * rng.uniform(0.16, 0.36, n),
            lift=rng.normal(0.2, 0.3, n),
            bend=rng.normal(-0.4, 0.5, n),
            sway=rng.normal(0.0, 0.5, n),
            fold=rng.normal(0.1, 0.4, n),
            ripple=0.15,
            phase=rng.uniform(0.0, 6.0, n),
        )
        points = surface(leaves, OUTLINES["oval"], *grid(9, 5))
        albedo = self._colours(self.ground.leaf_tint, n)
        self.canvas.sheets(points, albedo, self.view, gloom=90)

    def blades(self, share: float) -> None:
        """Paints grass all over."""
        n = self._count(self.ground.blades, share)
        if n:
            self.grass(self._scatter(n) + np.array([0.0, 0.25]))

    def grass(self, where: np.ndarray) -> None:
        """Paints blades of grass rooted at points of (n, 2)."""
        rng = self.rng
        n = len(where)
        blades = Ribbons(
            where[:, 0],
            where[:, 1],
            azimuth=self.place.heading + rng.normal(0.0, 0.4, n),
            length=rng.uniform(0.35, 1.0, n),
            width=rng.uniform(0.007, 0.02, n),
            lift=rng.uniform(0.0, 0.5, n),
            bend=rng.normal(-0.3, 0.4, n),
            sway=rng.normal(0.0, 0.6, n),
            fold=rng.uniform(0.3, 0.9, n),
        )
        t, s = grid(8, 3)
        points = surface(blades, OUTLINES["pointed"], t, s)
        albedo = self._colours(self.ground.blade_tint, n)
        albedo = albedo * (0.7 + 0.3 * t[1:, :, None])
        self.canvas.sheets(points, albedo, self.view, gloom=50)

    def blossoms(self, share: float) -> None:
        """Paints heads and spikes of tiny blossoms, as no species has."""
        rng = self.rng
        for x, y in self._scatter(self._count(self.ground.blossoms, share)):
            spread = rng.uniform(0.012, 0.04) * min(self.size)
            shape = (spread, spread * rng.choice((0.9, 2.6)))
            hue = rng.choice(_BLOSSOM_HUES)
            tint = Tint((hue, hue + 12.0), (0.0, 0.85), (0.7, 1.0))
            flat = rng.normal(0.0, 0.7, (26, 2)) * shape
            flat += np.array([x, y]) * self.view.scale
            tone = rng.uniform(0.6, 1.0, (26, 1))
            self.canvas.dots(flat, 0.33 * spread, pick(tint, rng) * tone)

    def _count(self, span: tuple[int, int], share: float) -> int:
        return round(share * self.rng.integers(span[0], span[1] + 1))

    def _scatter(self, n: int) -> np.ndarray:
        aspect = self.size[0] / self.size[1]
        return self.rng.uniform((-0.1, -0.1), (aspect + 0.1, 1.1), (n, 2))

    def _colours(self, tint: Tint, n: int) -> np.ndarray:
        few = np.stack([pick(tint, self.rng) for _ in range(3)])
        tone = self.rng.uniform(0.7, 1.1, (n, 1))
        return (few[self.rng.integers(0, 3, n)] * tone)[:, None, None]
