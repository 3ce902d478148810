"""Settings that several commands have: one name, one meaning, one wording."""

import dataclasses

from pipelines.data.orientations import ORIENTATION_HELP
from pipelines.data.orientations import ORIENTATIONS
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.evaluation.tta import TTA
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import changed
from pipelines.runs.settings import check
from pipelines.runs.settings import required
from pipelines.runs.settings import row

# The headings of `--help`.
GIVEN = "What it is given"
HOW = "How it is done"
WRITTEN = "What it writes"
INSTEAD = "What it does instead of one run"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What a command is asked to do.

    Raises:
        RequestError: A value is out of its range.
    """

    def __post_init__(self):
        check(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Repeating(Asked):
    """Whether a run is one that was, or is carried out several times."""

    config: str | None = row(
        None,
        "A run's config.json: its settings are taken where they are not "
        "given, save `output`, so that the run is repeated.",
        group=GIVEN,
    )
    seeds: int | None = row(
        None,
        "So many runs, each with a seed of its own from `seed` on: their mean "
        "and how far they are apart.",
        group=INSTEAD,
        low=2,
        high=100,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinishedModel(Asked):
    """A model that has learned, and how many pictures it is given."""

    model: str = required(
        "A model that has learned: a run's folder, a .keras file, or a "
        "network's name with `weights`.",
        group=GIVEN,
        common=True,
    )
    weights: str | None = row(
        None,
        "Which weights, where `model` is a network's name: one that the "
        "command models lists, hf://ORG/MODEL, a weight file, or a folder "
        "that the command export wrote as hub.",
        group=GIVEN,
        common=True,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureModel(Asked):
    """The network whose features are taken."""

    model: str | None = changed(
        FinishedModel,
        "model",
        default=None,
        group=HOW,
        usual="efficientnet_lite0 for photos, where its ImageNet weights are "
        "here, else resnet20",
    )
    weights: str | None = changed(FinishedModel, "weights", group=HOW)


def data(default=dataclasses.MISSING, **more):
    """The field of `data`, as every command takes it."""
    return changed(RunConfig, "data", default=default, group=GIVEN, **more)


def batch(default: int | None, **more):
    """The field of `global_batch_size`."""
    return changed(
        RunConfig,
        "global_batch_size",
        default=default,
        **{"group": HOW, "common": True, **more},
    )


def tta():
    """The field of `tta`: test-time augmentation."""
    views = "; ".join(f"{name}: {what}" for name, what in TTA.items())
    return row(
        NO_VIEWS,
        "Test-time augmentation, the views of a picture whose probabilities "
        f"are averaged. {views}.",
        group=HOW,
        choices=tuple(TTA),
        common=True,
    )


def orientation(usual: str = "what the run learned with; else upright"):
    """The field of `orientation`, of a model that has learned."""
    return row(
        None,
        ORIENTATION_HELP,
        group=HOW,
        choices=ORIENTATIONS,
        usual=usual,
    )


def output(default, help: str, usual: str = ""):
    """The field of `output`: a new file or folder."""
    return row(default, help, group=WRITTEN, usual=usual, common=True)
