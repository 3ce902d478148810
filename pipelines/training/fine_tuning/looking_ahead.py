"""Looking how well the head alone does before anything is decided by it.

Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution", 2022: where features are good, a fitted head is hard to
beat. It is judged by cross-validation inside the training part, so that the
held-out pictures take no part in the choice.
"""

import dataclasses

import numpy as np

from pipelines.features.probe import MOST
from pipelines.features.probe import Probe
from pipelines.features.probe import can_be_told_apart
from pipelines.features.probe import some_of_each
from pipelines.runs.modes import PROBE
from pipelines.runs.modes import unused
from pipelines.runs.modes import unused_names
from pipelines.tasks.classification import Classification
from pipelines.training.choices import Choice
from pipelines.training.defaults import PROBED
from pipelines.training.defaults import PROBED_ONCE
from pipelines.training.fine_tuning.outlook import Outlook
from pipelines.training.fine_tuning.probing import features_of
from pipelines.training.fine_tuning.probing import fit_head
from pipelines.training.fine_tuning.probing import is_linear
from pipelines.training.run import Run
from pipelines.waiting.work import work


@dataclasses.dataclass(frozen=True)
class LookAhead:
    """What was seen.

    Args:
        outlook: What the head alone reaches.
        probe: The head itself; None where not all pictures were looked at.
    """

    outlook: Outlook
    probe: Probe | None


@work("trying the head alone", after=None)
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
    everything = run.splits.train
    chosen = some_of_each(everything.labels, MOST, run.config.seed)
    examples = everything.subset(chosen)
    classes = len(everything.class_names)
    if len(np.unique(everything.labels)) < classes:
        # A head has an output for each.
        return None
    run.say(f"trying the head alone on features of {len(examples):,} pictures")
    features = features_of(run, examples, progress).values
    if not can_be_told_apart(features):
        return None
    probe = fit_head(run, examples.labels, features, chosen, progress)
    outlook = Outlook(len(everything), classes, probe.accuracy, probe.judged)
    if outlook.head_is_enough and _may_probe(run):
        _choose_probe(run, outlook)
    whole = len(examples) == len(everything)
    return LookAhead(outlook, probe if whole else None)


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
    return config.probe is None and not unused(config, PROBE, run.choices)


def _choose_probe(run: Run, outlook: Outlook) -> None:
    """Settles the probe, and takes back what was chosen of steps."""
    for name in unused_names(type(run.config), PROBE):
        run.choices.pop(name, None)
    run.settle(
        {
            "probe": Choice(True, outlook.why),
            "augmentation": Choice("none", PROBED),
            "balance": Choice(0.0, PROBED_ONCE),
        },
        probe=True,
        augmentation="none",
        balance=0.0,
        optimizer=None,
        stage_lr_decay=None,
    )
