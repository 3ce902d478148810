"""Grows leaves: blades, stalks and veins."""

from dataclasses import replace

import numpy as np

from pipelines.herbarium.plant import Plant
from pipelines.herbarium.plant import Sheet
from pipelines.herbarium.plant import pick
from pipelines.herbarium.ribbons import Ribbons
from pipelines.herbarium.ribbons import grid
from pipelines.herbarium.ribbons import rows
from pipelines.herbarium.ribbons import surface
from pipelines.herbarium.species import OUTLINES
from pipelines.herbarium.species import Leaf

# Where the stalk of a leaf ends, in units of the leaf's radius.
_FOOT = -1.15

_RUST = np.array([0.55, 0.36, 0.14])
_PALE = np.array([0.86, 0.9, 0.66])


def grow_leaf(leaf: Leaf, rng: np.random.Generator) -> Plant:
    """Grows a leaf about one unit in radius, lying in the plane."""
    age = rng.beta(1.2, 2.5)
    form = leaf.tints[rng.integers(len(leaf.tints))]
    base, tip = pick(form, rng), pick(form, rng)
    blades = _BUILDS[leaf.build](leaf, rng)
    sheet = _blade_sheet(leaf, blades, (base, tip), age, rng)
    return Plant((_stalk(blades), sheet))


def _limp(leaf: Leaf, n: int, rng: np.random.Generator) -> dict:
    return {
        "lift": rng.normal(0.0, 0.08, n),
        "bend": rng.normal(-0.2, 0.3) + rng.normal(0.0, 0.1, n),
        "fold": leaf.fold * rng.uniform(-0.6, 1.2) + rng.normal(0, 0.04, n),
        "ripple": leaf.ripple * rng.uniform(0.4, 1.6),
        "phase": rng.uniform(0.0, 6.0, n),
    }


def _simple(leaf: Leaf, rng: np.random.Generator) -> Ribbons:
    return Ribbons(
        x=np.array([-0.85]),
        length=1.8,
        width=1.8 * leaf.width * rng.uniform(0.86, 1.14),
        sway=rng.normal(0.0, 0.25, 1),
        **_limp(leaf, 1, rng),
    )


def _palmate(leaf: Leaf, rng: np.random.Generator) -> Ribbons:
    n = leaf.blades
    side = np.array([-2, 2, -1, 1, 0])[-n:]
    spread = rng.uniform(0.9, 1.06)
    length = np.array([0.86, 0.86, 1.22, 1.22, 1.45])[-n:]
    return Ribbons(
        x=np.full(n, -0.45),
        azimuth=side * 0.9 * spread + rng.normal(0.0, 0.05, n),
        length=length * rng.normal(1.0, 0.04, n),
        width=length * leaf.width * rng.uniform(0.88, 1.1),
        sway=rng.normal(0.0, 0.1, n) + 0.06 * side,
        **_limp(leaf, n, rng),
    )


def _pinnate(leaf: Leaf, rng: np.random.Generator) -> Ribbons:
    n = leaf.blades
    pair = np.append(np.repeat(np.arange(n // 2), 2), n // 2)
    side = np.append(np.tile([-1.0, 1.0], n // 2), 0.0)
    where = -0.66 + pair * (1.24 / (n // 2))
    length = np.array([0.56, 0.64, 0.66, 0.6, 0.64])[pair]
    return Ribbons(
        x=where + rng.normal(0.0, 0.015, n),
        y=0.03 * side,
        azimuth=side * rng.uniform(0.85, 1.15) + rng.normal(0.0, 0.06, n),
        length=length * rng.normal(1.0, 0.05, n),
        width=length * leaf.width * rng.uniform(0.85, 1.15),
        sway=rng.normal(0.0, 0.15, n) - 0.2 * side,
        **_limp(leaf, n, rng),
    )


_BUILDS = {"simple": _simple, "palmate": _palmate, "pinnate": _pinnate}


def _stalk(blades: Ribbons) -> Sheet:
    length = float(np.max(blades.x)) - _FOOT + 0.05
    stalk = Ribbons(x=_FOOT, length=length, width=0.028)
    points = surface(stalk, OUTLINES["strap"], *grid(4, 3))
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
    rust = _RUST * rng.uniform(0.7, 1.2)
    albedo = albedo + (rust - albedo) * old[..., None]
    # The two halves of a blade catch the light differently.
    halves = np.where(s[1:] + s[:-1] > 0.0, 1.05, 0.95)[:, None]
    grain = rng.normal(1.0, 0.035, (n, len(t) - 1, len(s) - 1, 1))
    pale = rng.random() < 0.75
    ink = 0.5 * base + 0.5 * _PALE if pale else 0.45 * base
    fill = tuple((np.clip(ink, 0, 1) * 255).astype(int).tolist())
    return Sheet(
        points,
        albedo * halves * grain,
        gloom=70 if leaf.build == "pinnate" else 40,
        veins=_veins(leaf, blades),
        vein_ink=(*fill, int(rng.integers(120, 215))),
    )


def _veins(leaf: Leaf, blades: Ribbons) -> tuple[tuple[np.ndarray, float], ...]:
    # Veins end short of the bays of the margin, and do not follow its teeth.
    outline = OUTLINES[leaf.outline]
    inner = 1.0 - outline.depth * (0.8 if outline.teeth else 0.2)
    widths = tuple(inner * width for width in outline.widths)
    outline = replace(outline, widths=widths, teeth=0, lobes=0)
    u = np.linspace(0.0, 1.0, 8)
    midrib = surface(blades, outline, u * 0.97, np.zeros(8))
    t, s = _VENATIONS[leaf.venation](leaf.veins, u)
    t, s = np.concatenate([t, t]), np.concatenate([s, -s])
    laterals = surface(blades, outline, t, s).reshape(-1, 8, 3)
    fine = 0.019 if leaf.build == "simple" else 0.011
    return (midrib, 0.026), (laterals, fine)


def _vein_pinnate(count: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    start = 0.08 + 0.76 * np.arange(count)[:, None] / count
    return start + (0.16 + 0.03 * u) * u, 0.9 * np.tile(u, (count, 1))


def _vein_lobed(count: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # One vein into the middle of each lobe, where `half_width` peaks.
    end = (np.arange(count)[:, None] + 0.6) / count
    return end - (0.14 - 0.02 * u) * (1.0 - u), 0.86 * np.tile(u, (count, 1))


def _vein_arcuate(count: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    k = np.arange(count)[:, None]
    start = 0.04 + 0.13 * k
    end = np.minimum(start + 0.52, 0.97)
    across = (0.82 - 0.06 * k) * np.sin(u * 2.2) ** 0.8
    return start + (end - start) * u, across


def _vein_parallel(count: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    across = (np.arange(count)[:, None] + 1.0) / (count + 0.6)
    return np.tile(0.02 + 0.94 * u, (count, 1)), np.tile(across, (1, len(u)))


_VENATIONS = {
    "pinnate": _vein_pinnate,
    "lobed": _vein_lobed,
    "arcuate": _vein_arcuate,
    "parallel": _vein_parallel,
}
