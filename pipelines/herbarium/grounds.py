"""The places plants grow in, a row each."""

from dataclasses import dataclass

from pipelines.herbarium.species import Tint

_MOSS = Tint((75.0, 110.0), (0.4, 0.7), (0.25, 0.45))
_SHADE = Tint((90.0, 170.0), (0.25, 0.6), (0.08, 0.22))
_EARTH = Tint((18.0, 34.0), (0.3, 0.55), (0.16, 0.32))
_SAND = Tint((30.0, 44.0), (0.2, 0.4), (0.6, 0.78))
_RUSSET = Tint((12.0, 42.0), (0.45, 0.75), (0.35, 0.65))
_TEAL = Tint((130.0, 195.0), (0.25, 0.5), (0.25, 0.45))
GRASS = Tint((72.0, 108.0), (0.45, 0.75), (0.4, 0.72))
STRAW = Tint((40.0, 56.0), (0.3, 0.6), (0.5, 0.8))
LOAM = Tint((22.0, 36.0), (0.25, 0.5), (0.32, 0.5))
SLATE = Tint((30.0, 230.0), (0.02, 0.12), (0.4, 0.62))
CHALK = Tint((30.0, 60.0), (0.03, 0.14), (0.62, 0.82))
HAZE = Tint((185.0, 220.0), (0.15, 0.4), (0.6, 0.85))


@dataclass(frozen=True)
class Ground:
    """A kind of place; counts are the lowest and the highest there are.

    Attributes:
        name: What it is.
        tints: Dark, middle and light colour of the ground itself.
        coarse: Size of its patches, as a share of the picture.
        blur: Least and most blur, a radius as a share of the picture.
        blade_tint: Colours of the grass.
        leaf_tint: Colours of the leaves.
        blades: Blades of grass.
        leaves: Fallen or growing leaves of no species.
        stones: Stones.
        lights: Discs of light far out of focus.
        blossoms: Blossoms of no species, without petals.
    """

    name: str
    tints: tuple[Tint, Tint, Tint]
    coarse: float
    blur: tuple[float, float]
    blade_tint: Tint = GRASS
    leaf_tint: Tint = _MOSS
    blades: tuple[int, int] = (0, 8)
    leaves: tuple[int, int] = (0, 5)
    stones: tuple[int, int] = (0, 0)
    lights: tuple[int, int] = (0, 0)
    blossoms: tuple[int, int] = (0, 2)


GROUNDS = (
    Ground(
        name="meadow",
        tints=(_SHADE, _MOSS, GRASS),
        coarse=0.2,
        blur=(0.004, 0.022),
        blades=(30, 60),
        lights=(0, 3),
        blossoms=(0, 7),
    ),
    Ground(
        name="hay",
        tints=(_EARTH, _MOSS, STRAW),
        coarse=0.15,
        blur=(0.003, 0.015),
        blade_tint=STRAW,
        leaf_tint=STRAW,
        blades=(30, 60),
        stones=(0, 2),
        blossoms=(0, 4),
    ),
    Ground(
        name="soil",
        tints=(_EARTH, _EARTH, LOAM),
        coarse=0.06,
        blur=(0.002, 0.01),
        leaf_tint=_RUSSET,
        stones=(6, 22),
    ),
    Ground(
        name="litter",
        tints=(_EARTH, _EARTH, _RUSSET),
        coarse=0.08,
        blur=(0.003, 0.014),
        blade_tint=STRAW,
        leaf_tint=_RUSSET,
        leaves=(14, 32),
        stones=(0, 4),
    ),
    Ground(
        name="stone",
        tints=(SLATE, SLATE, CHALK),
        coarse=0.25,
        blur=(0.002, 0.012),
        stones=(0, 9),
    ),
    Ground(
        name="sand",
        tints=(LOAM, _SAND, _SAND),
        coarse=0.12,
        blur=(0.002, 0.012),
        blade_tint=STRAW,
        leaf_tint=STRAW,
        blades=(0, 12),
        stones=(3, 14),
        blossoms=(0, 3),
    ),
    Ground(
        name="thicket",
        tints=(_SHADE, _SHADE, _MOSS),
        coarse=0.3,
        blur=(0.006, 0.03),
        leaf_tint=GRASS,
        blades=(4, 16),
        leaves=(14, 34),
        lights=(0, 8),
        blossoms=(0, 5),
    ),
    Ground(
        name="distance",
        tints=(_SHADE, _TEAL, HAZE),
        coarse=0.5,
        blur=(0.02, 0.045),
        blades=(4, 18),
        leaves=(0, 8),
        lights=(3, 14),
        blossoms=(0, 6),
    ),
)
