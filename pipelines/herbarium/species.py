"""The species of the herbarium: ten flowers and six leaves, a row each.

A row holds what a botanist would use to tell the species: how many petals
in how many layers, their outline, the centre; for a leaf its build, outline,
margin and veins. Several rows share their colours on purpose, so that colour
alone does not tell them apart.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tint:
    """A range of colours.

    Attributes:
        hue: Lowest and highest hue in degrees; the highest may pass 360.
        saturation: Lowest and highest saturation, 0 to 1.
        value: Lowest and highest brightness, 0 to 1.
    """

    hue: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """The outline of a petal or of a leaf blade.

    Attributes:
        widths: Half-widths at even steps from base to tip, widest 1.
        tips: Lengths at even steps from one edge to the other, longest 1.
        teeth: Number of teeth on each margin, 0 for a smooth one.
        lobes: Number of rounded lobes on each margin, 0 for none.
        depth: How deep teeth or lobes cut, 0 to 1 of the half-width.
    """

    widths: tuple[float, ...]
    tips: tuple[float, ...] = (1.0, 1.0)
    teeth: int = 0
    lobes: int = 0
    depth: float = 0.0


@dataclass(frozen=True)
class Layer:
    """One ring of petals.

    Attributes:
        petals: Number of petals in the ring.
        length: Petal length, 1 being the radius of the flower.
        width: Half-width of a petal, in the same unit.
        lift: Angle at the base between petal and flower plane, radians.
        bend: How far the petal turns up from base to tip, radians.
    """

    petals: int
    length: float
    width: float
    lift: float = 0.15
    bend: float = -0.25


@dataclass(frozen=True)
class Centre:
    """The middle of a flower.

    Attributes:
        kind: One of "disc", "stamens", "trumpet", "eye" and "bud".
        radius: Its radius, 1 being the radius of the flower.
        height: How far it stands out, in the same unit.
        tint: Its colours.
    """

    kind: str
    radius: float
    height: float
    tint: Tint


@dataclass(frozen=True)
class Flower:
    """A species told by its blossom.

    Attributes:
        name: Class name, lower case with underscores.
        layers: Rings of petals, the outermost first.
        outline: Key of `OUTLINES`.
        tints: Colour forms; a plant has one of them.
        centre: The middle.
        throat: Colours at the base of the petals.
        throat_reach: How far they reach, 0 to 1 of the petal length.
        streaks: Strength of the streaks along the petal, 0 to 1.
        fold: How far the petal's edges stand up, in half-widths.
        ripple: How far the petal's edges wave, in half-widths.
        skew: How far the tip leans sideways, in half-widths.
    """

    name: str
    layers: tuple[Layer, ...]
    outline: str
    tints: tuple[Tint, ...]
    centre: Centre
    throat: Tint
    throat_reach: float = 0.3
    streaks: float = 0.2
    fold: float = 0.25
    ripple: float = 0.1
    skew: float = 0.0


@dataclass(frozen=True)
class Leaf:
    """A species told by its leaf.

    Attributes:
        name: Class name, lower case with underscores.
        build: One of "simple", "palmate" and "pinnate".
        outline: Key of `OUTLINES`.
        width: Half-width of a blade, its length being 1.
        venation: One of "pinnate", "lobed", "arcuate" and "parallel".
        veins: Number of veins on each side of the midrib.
        tints: Colour forms; a plant has one of them.
        blades: Number of lobes or leaflets, 1 for a simple leaf.
        fold: How far the blade's edges stand up, in half-widths.
        ripple: How far the blade's edges wave, in half-widths.
    """

    name: str
    build: str
    outline: str
    width: float
    venation: str
    veins: int
    tints: tuple[Tint, ...]
    blades: int = 1
    fold: float = 0.2
    ripple: float = 0.1


Species = Flower | Leaf

OUTLINES = {
    "strap": Outline((0.45, 0.7, 0.88, 0.98, 1.0, 0.97, 0.82, 0.35)),
    "pointed": Outline((0.5, 0.85, 1.0, 0.95, 0.8, 0.58, 0.3, 0.02)),
    "oval": Outline((0.3, 0.6, 0.84, 0.98, 1.0, 0.93, 0.72, 0.2)),
    "round": Outline(
        (0.25, 0.5, 0.74, 0.9, 1.0, 1.0, 0.93, 0.62),
        (0.86, 0.95, 0.99, 1.0, 0.99, 0.95, 0.86),
    ),
    "heart": Outline(
        (0.2, 0.4, 0.6, 0.78, 0.92, 1.0, 1.0, 0.8),
        (0.8, 0.95, 1.0, 0.87, 1.0, 0.95, 0.8),
    ),
    "toothed": Outline(
        (0.3, 0.52, 0.72, 0.87, 0.97, 1.0, 0.96, 0.8),
        (0.84, 0.95, 0.87, 1.0, 0.88, 0.97, 0.84),
    ),
    "propeller": Outline(
        (0.18, 0.34, 0.52, 0.7, 0.87, 1.0, 1.0, 0.85),
        (0.62, 0.72, 0.82, 0.9, 0.96, 1.0, 0.98),
    ),
    "lanceolate": Outline(
        (0.12, 0.4, 0.72, 0.93, 1.0, 0.93, 0.74, 0.46, 0.2, 0.02)
    ),
    "ovate": Outline(
        (0.1, 0.66, 0.95, 1.0, 0.96, 0.85, 0.68, 0.46, 0.22, 0.02)
    ),
    "ovate_serrate": Outline(
        (0.1, 0.66, 0.95, 1.0, 0.96, 0.85, 0.68, 0.46, 0.22, 0.02),
        teeth=11,
        depth=0.27,
    ),
    "leaflet": Outline(
        (0.06, 0.5, 0.86, 1.0, 0.97, 0.84, 0.6, 0.32, 0.02),
        teeth=5,
        depth=0.1,
    ),
    "oak": Outline(
        (0.1, 0.36, 0.56, 0.74, 0.9, 1.0, 1.0, 0.95, 0.8, 0.3),
        lobes=4,
        depth=0.68,
    ),
    "maple": Outline(
        (0.6, 0.92, 1.0, 0.96, 0.86, 0.8, 0.62, 0.4, 0.2, 0.0),
        teeth=4,
        depth=0.38,
    ),
}

_WHITE = Tint((40.0, 75.0), (0.0, 0.1), (0.92, 1.0))
_CREAM = Tint((45.0, 62.0), (0.12, 0.32), (0.92, 1.0))
_YELLOW = Tint((46.0, 57.0), (0.72, 0.96), (0.9, 1.0))
_GOLD = Tint((36.0, 47.0), (0.8, 0.98), (0.88, 1.0))
_ROSE = Tint((325.0, 350.0), (0.3, 0.65), (0.82, 0.98))
_BLUSH = Tint((325.0, 355.0), (0.08, 0.25), (0.9, 1.0))
_RED = Tint((345.0, 362.0), (0.7, 0.9), (0.6, 0.85))
_LILAC = Tint((262.0, 292.0), (0.22, 0.5), (0.75, 0.95))
_BLUE = Tint((226.0, 256.0), (0.42, 0.72), (0.7, 0.92))
_LIME = Tint((64.0, 82.0), (0.4, 0.65), (0.6, 0.8))
_UMBER = Tint((18.0, 32.0), (0.5, 0.75), (0.2, 0.36))
_EGG = Tint((42.0, 52.0), (0.75, 0.95), (0.8, 0.96))

_GREEN = Tint((84.0, 122.0), (0.42, 0.7), (0.42, 0.68))
_DARK_GREEN = Tint((100.0, 140.0), (0.35, 0.62), (0.32, 0.52))
_FALL_YELLOW = Tint((42.0, 58.0), (0.6, 0.85), (0.7, 0.9))
_FALL_RED = Tint((4.0, 26.0), (0.6, 0.85), (0.5, 0.78))

FLOWERS = (
    Flower(
        name="bellis_alba",
        layers=(Layer(21, 0.74, 0.085, 0.12, -0.2),),
        outline="strap",
        tints=(_WHITE, _WHITE, _BLUSH),
        centre=Centre("disc", 0.3, 0.14, _EGG),
        throat=_WHITE,
        ripple=0.05,
    ),
    Flower(
        name="aster_lilacinus",
        layers=(
            Layer(13, 0.8, 0.085, 0.06, -0.3),
            Layer(13, 0.62, 0.075, 0.35, -0.3),
        ),
        outline="pointed",
        tints=(_LILAC, _LILAC, _BLUSH),
        centre=Centre("disc", 0.2, 0.1, _EGG),
        throat=_LILAC,
        streaks=0.3,
    ),
    Flower(
        name="dryas_octopetala",
        layers=(Layer(8, 0.84, 0.27, 0.3, -0.3),),
        outline="oval",
        tints=(_WHITE, _WHITE, _CREAM),
        centre=Centre("stamens", 0.3, 0.2, _GOLD),
        throat=_LIME,
        throat_reach=0.15,
        fold=0.35,
    ),
    Flower(
        name="cosmos_rosea",
        layers=(Layer(8, 0.86, 0.31, 0.08, -0.12),),
        outline="toothed",
        tints=(_ROSE, _ROSE, _WHITE),
        centre=Centre("disc", 0.16, 0.1, _EGG),
        throat=_ROSE,
        streaks=0.5,
        fold=0.12,
    ),
    Flower(
        name="rudbeckia_fulva",
        layers=(Layer(13, 0.76, 0.14, -0.1, -0.5),),
        outline="strap",
        tints=(_YELLOW, _GOLD),
        centre=Centre("disc", 0.32, 0.34, _UMBER),
        throat=_GOLD,
        throat_reach=0.4,
        streaks=0.35,
        fold=-0.3,
    ),
    Flower(
        name="ranunculus_aureus",
        layers=(Layer(5, 0.9, 0.5, 0.3, 0.25),),
        outline="round",
        tints=(_YELLOW, _YELLOW, _CREAM),
        centre=Centre("stamens", 0.26, 0.2, _LIME),
        throat=_GOLD,
        throat_reach=0.35,
        fold=0.35,
    ),
    Flower(
        name="oenothera_lutea",
        layers=(Layer(4, 0.98, 0.52, 0.2, -0.1),),
        outline="heart",
        tints=(_YELLOW, _CREAM, _BLUSH),
        centre=Centre("eye", 0.14, 0.12, _LIME),
        throat=_LIME,
        throat_reach=0.25,
        streaks=0.4,
        fold=0.15,
        ripple=0.16,
    ),
    Flower(
        name="vinca_caerulea",
        layers=(Layer(5, 0.92, 0.46, 0.05, 0.0),),
        outline="propeller",
        tints=(_BLUE, _BLUE, _LILAC),
        centre=Centre("eye", 0.13, 0.04, _CREAM),
        throat=_WHITE,
        throat_reach=0.24,
        streaks=0.25,
        fold=0.1,
        skew=0.55,
    ),
    Flower(
        name="narcissus_bicolor",
        layers=(
            Layer(3, 0.92, 0.34, 0.0, -0.1),
            Layer(3, 0.9, 0.32, 0.1, -0.1),
        ),
        outline="pointed",
        tints=(_WHITE, _CREAM, _YELLOW),
        centre=Centre("trumpet", 0.3, 0.42, _GOLD),
        throat=_LIME,
        throat_reach=0.2,
        fold=0.25,
    ),
    Flower(
        name="rosa_plena",
        layers=(
            Layer(6, 0.96, 0.48, 0.1, 0.2),
            Layer(6, 0.78, 0.42, 0.3, 0.35),
            Layer(5, 0.6, 0.34, 0.5, 0.45),
            Layer(4, 0.42, 0.26, 0.75, 0.5),
            Layer(3, 0.27, 0.18, 0.95, 0.4),
        ),
        outline="round",
        tints=(_ROSE, _RED, _CREAM, _BLUSH),
        centre=Centre("bud", 0.07, 0.2, _ROSE),
        throat=_ROSE,
        throat_reach=0.3,
        fold=0.4,
        ripple=0.07,
    ),
)

LEAVES = (
    Leaf(
        name="plantago_lineata",
        build="simple",
        outline="lanceolate",
        width=0.2,
        venation="parallel",
        veins=2,
        tints=(_GREEN, _GREEN, _DARK_GREEN, _FALL_YELLOW),
        fold=0.3,
    ),
    Leaf(
        name="cornus_integra",
        build="simple",
        outline="ovate",
        width=0.34,
        venation="arcuate",
        veins=4,
        tints=(_GREEN, _DARK_GREEN, _FALL_RED),
        ripple=0.14,
    ),
    Leaf(
        name="betula_serrata",
        build="simple",
        outline="ovate_serrate",
        width=0.38,
        venation="pinnate",
        veins=6,
        tints=(_GREEN, _DARK_GREEN, _FALL_YELLOW),
    ),
    Leaf(
        name="quercus_lobata",
        build="simple",
        outline="oak",
        width=0.39,
        venation="lobed",
        veins=4,
        tints=(_GREEN, _DARK_GREEN, _FALL_RED, _FALL_YELLOW),
        fold=0.15,
        ripple=0.15,
    ),
    Leaf(
        name="acer_palmatum",
        build="palmate",
        outline="maple",
        width=0.3,
        venation="pinnate",
        veins=3,
        blades=5,
        tints=(_GREEN, _DARK_GREEN, _FALL_RED, _FALL_YELLOW),
        fold=0.05,
    ),
    Leaf(
        name="fraxinus_pinnata",
        build="pinnate",
        outline="leaflet",
        width=0.2,
        venation="pinnate",
        veins=3,
        blades=9,
        tints=(_GREEN, _DARK_GREEN, _FALL_YELLOW),
    ),
)

SPECIES: tuple[Species, ...] = FLOWERS + LEAVES
