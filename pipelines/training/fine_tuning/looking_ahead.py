"""Looking how well the head alone does before anything is decided by it.

Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution", 2022: where features are good, a fitted head is hard to
beat. It is judged by cross-validation inside the training part, so that the
held-out pictures take no part in the choice.
"""

import dataclasses

import numpy as np

from pipelines.features.probe import Probe
from pipelines.features.probe import fit_probe
from pipelines.runs.settings import default_of
from pipelines.tasks.classification import Classification
from pipelines.training.choices import Choice
from pipelines.training.config import OF_STEPS
from pipelines.training.defaults import PROBED
from pipelines.training.fine_tuning.outlook import Outlook
from pipelines.training.fine_tuning.probing import features_of
from pipelines.training.fine_tuning.probing import is_linear
from pipelines.training.run import Run

# Of more pictures than these, so many are looked at.
MOST = 5_000
# Whoever gives one of these wants steps to be taken.
_FOR_STEPS = (
    *OF_STEPS,
    "momentum",
    "weight_decay",
    "clip_norm",
    "ema",
    "augmentation",
    "train_size",
    "balance",
    "accumulate",
    "keep",
)


@dataclasses.dataclass(frozen=True)
class LookAhead:
    """What was seen.

    Args:
        outlook: What the head alone reaches.
        probe: The head itself; None where not all pictures were looked at.
    """

    outlook: Outlook
    probe: Probe | None


def look_ahead(run: Run, progress=None) -> LookAhead | None:
    """Measures how well the head alone does, and takes it where that is enough.

    Args:
        run: Prepared; where the probe is chosen, its settings say so then.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        None where there is nothing to decide: a plan is given or was decided
        before, nothing is known yet, or the head is no linear one.
    """
    if not _is_open(run):
        return None
    examples = run.splits.train
    if len(examples) > MOST:
        examples = examples.subset(_some(len(examples), run.config.seed))
    run.say(f"trying the head alone on features of {len(examples):,} pictures")
    features = features_of(run, examples, progress)
    # Of a part of the pictures, some classes may be missing.
    present, labels = np.unique(examples.labels, return_inverse=True)
    if len(present) < 2:
        return None
    probe = fit_probe(
        features.values, labels, len(present), seed=run.config.seed
    )
    outlook = Outlook(len(examples), len(present), probe.accuracy)
    if outlook.head_is_enough and _may_probe(run):
        _choose_probe(run, outlook)
    return LookAhead(outlook, probe if examples is run.splits.train else None)


def _is_open(run: Run) -> bool:
    """Whether how deep a run goes is still to be decided, and can be."""
    config = run.config
    return (
        config.plan is None
        and config.weights is not None
        and not config.probe
        and not config.add_classes
        # A schedule of several cycles is for a plan of one phase.
        and config.cycles == 1
        and not config.snapshots
        and run.workers.count == 1
        and type(run.task) is Classification
        and is_linear(run.model)
    )


def _may_probe(run: Run) -> bool:
    """Whether nobody has asked for anything that steps are taken for."""
    config = run.config
    asked = [
        name
        for name in _FOR_STEPS
        if name not in run.choices
        and getattr(config, name) != default_of(type(config), name)
    ]
    return config.probe is None and not asked


def _choose_probe(run: Run, outlook: Outlook) -> None:
    """Settles the probe, and takes back what was chosen of steps."""
    for name in OF_STEPS:
        run.choices.pop(name, None)
    run.settle(
        {
            "probe": Choice(True, outlook.why),
            "augmentation": Choice("none", PROBED),
        },
        probe=True,
        augmentation="none",
        optimizer=None,
        stage_lr_decay=None,
    )


def _some(count: int, seed: int) -> np.ndarray:
    chosen = np.random.default_rng(seed).choice(count, MOST, replace=False)
    return np.sort(chosen)
