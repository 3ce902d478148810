"""Tables of pages name what the code has: no row too many, none too few."""

import pathlib
import re

import pytest

from pipelines.batches.augmentation import AUGMENTATIONS
from pipelines.doctor.kinds import SETTINGS
from pipelines.evaluation.explanations.names import NAMES
from pipelines.evaluation.trust.feature_scores import FEATURE_SCORES
from pipelines.evaluation.trust.logit_scores import LOGIT_SCORES
from pipelines.evaluation.tta import TTA
from pipelines.export.formats import FORMATS
from pipelines.runs.recipes import RECIPES
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import settings_of
from pipelines.tasks.multilabel import MultiLabel
from pipelines.training.config import TrainConfig
from pipelines.training.loggers.table import LOGGERS
from pipelines.training.optimizers.table import OPTIMIZERS
from pipelines.training.schedules.table import SCHEDULES
from zoo.geometry import GEOMETRIES

DOCS = pathlib.Path(__file__).parents[2] / "docs"
TABLES = {
    ("data.md", "`--augmentation=`"): [*AUGMENTATIONS, AUTO],
    ("data.md", "`--tta`"): TTA,
    ("training.md", "recipe"): RECIPES,
    ("training.md", "`--optimizer`"): OPTIMIZERS,
    ("training.md", "`--schedule`"): SCHEDULES,
    ("training.md", "`--precision`"): settings_of(TrainConfig)[
        "precision"
    ].choices,
    ("training.md", "`--log_to`"): LOGGERS,
    ("long_runs.md", "kind"): SETTINGS,
    ("explaining.md", "name"): NAMES,
    ("trust.md", "score"): {**LOGIT_SCORES, **FEATURE_SCORES},
    ("export.md", "`--format`"): FORMATS,
    ("multilabel.md", "name"): [each.name for each in MultiLabel.metrics],
    ("weights.md", "`geometry`"): GEOMETRIES,
}


def first_cells(page, header):
    """Returns the names in the first column of a table, by its first header."""
    text = (DOCS / page).read_text()
    start = rf"^\| {re.escape(header)} \|.*\n\|.*\n((?:\|.*\n)+)"
    table = re.search(start, text, re.M)[1]
    cells = [line.split("|")[1] for line in table.splitlines()]
    return re.findall(r"`([^`]+)`", " ".join(cells))


@pytest.mark.parametrize(("page", "header"), TABLES)
def test_a_table_names_all_that_there_is(page, header):
    told = first_cells(page, header)
    assert sorted(told) == sorted(TABLES[page, header])
