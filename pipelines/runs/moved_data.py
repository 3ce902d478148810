"""Whether a run that goes on has the pictures that it began with.

Their bytes decide, as `split.csv` has them: data may move or be called
otherwise, and pictures that were changed in their places are others.
"""

import hashlib
import pathlib

import numpy as np

from pipelines.data.examples import Splits
from pipelines.data.hashing import hashes_of
from pipelines.runs.places import SPLIT
from pipelines.runs.resuming import PICTURES
from pipelines.runs.split_list import SplitList
from pipelines.runs.split_list import read_split


def identity_by_bytes(then: dict, now: dict, folder, splits: Splits) -> dict:
    """Returns a run's identity where only its pictures' bytes count.

    Args:
        then: The identity (`pipelines.runs.resuming.identity`) of the run
            that was begun.
        now: That of the one that is to go on.
        folder: The run's, with its `split.csv`.
        splits: The pictures now.

    Returns:
        `now` where nobody has hashed the pictures. Otherwise as `then` in all
        that says which pictures they are, or with other pictures.

    Raises:
        DataError: A picture cannot be read.
    """
    if not (pathlib.Path(folder) / SPLIT).is_file():
        return now
    listed = read_split(str(folder))
    if listed is None or listed.sha256 is None:
        return now
    learned = [splits.train, *filter(None, [splits.aside])]
    found = {
        name: _digest(parts)
        for name, parts in zip(
            PICTURES, (learned, [splits.validation]), strict=True
        )
    }
    same = all(
        found[name] == _digest_of_list(listed, mask)
        for name, mask in zip(
            PICTURES, (listed.learned, ~listed.learned), strict=True
        )
    )
    if not same:
        return {**now, **found}
    settings = {**now["settings"], "data": then["settings"]["data"]}
    return {
        **now,
        "settings": settings,
        **{name: then[name] for name in PICTURES},
    }


def _digest(parts) -> dict:
    total = hashlib.sha256()
    for examples in parts:
        for place, (_, sha256) in enumerate(hashes_of(examples)):
            label = examples.label_text(place).encode()
            total.update(label + b"\0" + sha256)
    return {"count": sum(map(len, parts)), "sha256": total.hexdigest()}


def _digest_of_list(listed: SplitList, mask: np.ndarray) -> dict:
    total = hashlib.sha256()
    for place in np.flatnonzero(mask):
        sha256 = listed.sha256[place].tobytes()
        total.update(listed.labels[place].encode() + b"\0" + sha256)
    return {"count": int(mask.sum()), "sha256": total.hexdigest()}
