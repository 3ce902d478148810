"""Pictures for eight bits."""

import pytest

from pipelines import herbarium


@pytest.fixture(scope="session")
def flowers(tmp_path_factory):
    """Pictures to calibrate by and to judge by, called cats and dogs."""
    root = tmp_path_factory.mktemp("flowers")
    for part, count in (("train", 12), ("val", 20)):
        for label, name in enumerate(("cat", "dog")):
            folder = root / part / name
            folder.mkdir(parents=True)
            for i in range(count):
                seed = 2 * i + label + 100 * (part == "val")
                species = herbarium.SPECIES[seed % len(herbarium.SPECIES)]
                drawn = herbarium.draw(species, seed=seed, size=(60, 50))
                drawn.save(folder / f"{i}.png")
    return str(root)
