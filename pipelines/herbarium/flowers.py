"""Grows flowers: petals in rings, each a little different."""

import math

import numpy as np

from pipelines.herbarium.plant import Plant
from pipelines.herbarium.plant import Sheet
from pipelines.herbarium.plant import pick
from pipelines.herbarium.ribbons import Ribbons
from pipelines.herbarium.ribbons import rows
from pipelines.herbarium.ribbons import surface
from pipelines.herbarium.species import OUTLINES
from pipelines.herbarium.species import Flower
from pipelines.herbarium.species import Layer

_WITHERED = np.array([0.55, 0.4, 0.22])


def grow_flower(flower: Flower, rng: np.random.Generator) -> Plant:
    """Grows a blossom about one unit in radius, lying in the plane."""
    age = rng.beta(1.2, 3.0)
    form = flower.tints[rng.integers(len(flower.tints))]
    base, tip = pick(form, rng), pick(form, rng)
    throat = pick(flower.throat, rng)
    # A throat of the petals' own colours is a darker shade of this form's.
    if flower.throat in flower.tints:
        throat = base * rng.uniform(0.75, 0.95)
    vigour = rng.uniform(0.87, 1.13), rng.uniform(-0.12, 0.15)
    sheets = []
    for depth, layer in enumerate(flower.layers):
        # The outer rings lie in the shade of the inner ones.
        glow = 0.84 + 0.16 * (depth + 1) / len(flower.layers)
        colours = (base * glow, tip * glow, throat * glow)
        offset = depth * math.pi / layer.petals
        petals = _petals(flower, layer, vigour, offset, age, rng)
        sheets.append(_petal_sheet(flower, petals, colours, age, rng))
    tint = form if flower.centre.kind == "bud" else flower.centre.tint
    return Plant(tuple(sheets), flower.centre, pick(tint, rng))


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
    n = np.size(petals.azimuth)
    across = 5 if n > 10 else 13
    t = rows(outline, 7 if n > 10 else 13)
    s = np.linspace(-1.0, 1.0, across)
    points = surface(petals, outline, t[:, None], s)
    base, tip, throat = colours
    mid = ((t[1:] + t[:-1]) / 2.0)[:, None, None]
    inner = np.clip(1.3 * (1.0 - mid / flower.throat_reach), 0.0, 1.0)
    albedo = base + (tip - base) * mid
    albedo = albedo + (throat - albedo) * inner
    wither = np.clip(mid - 1.15 + 0.4 * age, 0.0, 1.0) * 2.5
    albedo = albedo + (_WITHERED - albedo) * wither
    streak = np.where(np.arange(across - 1) % 2, 1, 1 - 0.22 * flower.streaks)
    rim = 1.0 - 0.1 * (np.arange(across - 1) % (across - 2) == 0)
    tone = rng.normal(1.0, 0.035, (n, 1, 1, 1))
    grain = rng.normal(1.0, 0.015, (n, len(t) - 1, across - 1, 1))
    albedo = albedo * (streak * rim)[None, :, None] * tone * grain
    return Sheet(points, albedo, gloom=80)
