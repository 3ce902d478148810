"""The built-in picture set: flowers and leaves the project draws itself.

Sixteen species as `data="herbarium"` offers them, painted as photographs
with all that makes photographs hard: pose, scale, clutter, light, occlusion,
blur, noise. Nothing is downloaded, and the same seed gives the same pictures.

    >>> from pipelines import herbarium
    >>> herbarium.draw(herbarium.SPECIES[0], seed=1, size=(200, 160)).size
    (200, 160)
"""

from pipelines.herbarium.picture import draw
from pipelines.herbarium.species import SPECIES
from pipelines.herbarium.species import Species
from pipelines.herbarium.traits import write_traits
from pipelines.herbarium.writing import prepare
from pipelines.herbarium.writing import write

__all__ = ["SPECIES", "Species", "draw", "prepare", "write", "write_traits"]
