"""The weights that others publish, as rows of `data/published.json`.

One row for each set of torchvision, timm and keras.applications for a model
of this zoo, with the figures as published: hashes, sizes, accuracies at the
preprocessing that stands beside them. `WeightsSource` says what the fields
are. A file that two of them publish is there once, under the name of who
trained it.
"""

import json
import pathlib

from zoo.preprocessing import Preprocessing

_FILE = pathlib.Path(__file__).parent / "data" / "published.json"


def _read() -> tuple[dict, ...]:
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    for row in rows:
        row["preprocessing"] = Preprocessing(**row["preprocessing"])
    return tuple(rows)


ROWS = _read()
