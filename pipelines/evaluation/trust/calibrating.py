"""Calibrating a finished model: one part of pictures chooses, another judges.

A run that is finished has learned from all of its training part, and is surer
of it than it may be: a temperature chosen by these is of no use. So what it
held out is cut in two, one half chooses and the other one judges, and both are
recorded. A data set with a third part, or other pictures, need no cut.
"""

import dataclasses

import numpy as np

import zoo
from pipelines.data.checks import check_pictures
from pipelines.data.examples import Examples
from pipelines.data.orientations import IGNORE
from pipelines.data.orientations import UPRIGHT
from pipelines.evaluation.answering import check_tells_one
from pipelines.evaluation.card_metadata import plain_name
from pipelines.evaluation.held_out import ToJudge
from pipelines.evaluation.judged_files import write_judged
from pipelines.evaluation.judging import match_classes
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.saved_models import ModelSource
from pipelines.evaluation.trust.calibration_section import Calibrated
from pipelines.evaluation.trust.calibration_section import calibration_section
from pipelines.evaluation.trust.halves import halves
from pipelines.evaluation.trust.halves import refuse_shared
from pipelines.evaluation.trust.halves import sha256_of_all
from pipelines.evaluation.trust.recorded_split import record_split
from pipelines.evaluation.trust.running import below_head
from pipelines.evaluation.trust.running import features_before_head
from pipelines.evaluation.trust.running import logits_of
from pipelines.evaluation.trust.unlike import likeness_test
from pipelines.evaluation.trust.unlike import save_test
from pipelines.runs.places import CONFIG
from pipelines.runs.places import nearest_folder
from pipelines.runs.places import read_config
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import read_split
from pipelines.tasks.scaling_fit import METHODS
from pipelines.tasks.scaling_fit import scaled
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Judged
from pipelines.waiting.heartbeat import heartbeat
from zoo.errors import DataError
from zoo.errors import RequestError

_LEAST = 20


@dataclasses.dataclass(frozen=True, eq=False)
class Parts:
    """Pictures that choose and pictures that judge; none is in both.

    Args:
        choosing: They choose the scale of logits.
        judging: They say what came of it.
        data: What the first are of.
        note: One line on where they are from.
    """

    choosing: Examples
    judging: Examples
    data: str
    note: str


def parts_of(
    opened: JudgedModels,
    data: ToJudge,
    judged_by: ToJudge | None,
    seed: int = 0,
) -> Parts:
    """Returns what chooses and what judges.

    Args:
        opened: One classifier, as `open_to_judge` returns it.
        data: Pictures that it has not learned from.
        judged_by: Others, that judge; None where the first are cut in two.
        seed: Decides the cut.

    Raises:
        RequestError: The model is no single classifier.
        DataError: Both have pictures in common, there are too few, or a
            picture may show several classes.
    """
    _check_model(opened)
    choosing = _labelled(data, opened)
    keys = sha256_of_all(choosing)
    if judged_by is not None:
        judging = _labelled(judged_by, opened)
        refuse_shared(choosing, judging, (keys, sha256_of_all(judging)))
        note = f"those of {plain_name(data.data)}"
    else:
        classes = len(choosing.class_names)
        first = halves(choosing.labels, keys, classes, seed)
        note = (
            f"a half of each class of {data.note or plain_name(data.data)}, "
            f"cut off with seed {seed}"
        )
        judging = choosing.subset(np.flatnonzero(~first))
        choosing = choosing.subset(np.flatnonzero(first))
    for examples, what in ((choosing, "choose"), (judging, "judge")):
        if len(examples) < _LEAST:
            raise DataError(
                f"{len(examples):,} pictures are too few to {what}: at least "
                f"{_LEAST} are needed. Give `data` with more of them."
            )
    return Parts(choosing, judging, data.data, note)


def _labelled(chosen: ToJudge, opened: JudgedModels) -> Examples:
    """Returns pictures with labels as the model numbers its classes."""
    if chosen.examples.several:
        raise DataError(
            f"`data={chosen.data}`: a picture may show several classes, and "
            "the model tells one. Give pictures of one class each."
        )
    return match_classes(chosen.examples, zoo.class_names(opened.first))


@heartbeat()
def calibrate_model(
    opened: JudgedModels,
    parts: Parts,
    output: str,
    *,
    method: str = "temperature",
    progress=None,
) -> dict:
    """Writes a folder with the calibrated model, and what was reached.

    Besides what an evaluation writes it holds `model.keras`, `split.csv`, in
    which what has chosen stands among what was learned from, and
    `known.safetensors`, by which a picture is found to be like none of these.
    A model that was calibrated before is begun anew.

    Args:
        opened: One classifier, as `open_to_judge` returns it.
        parts: As `parts_of` returns them.
        output: A new folder.
        method: One of `scaling_fit.METHODS`.
        progress: Called with the numbers of batches done and in all.

    Returns:
        The metrics of the pictures that judge, with what they were before
        under `before_calibration`.

    Raises:
        RequestError: The folder is taken.
        DataError: Pictures cannot be decoded, or do not say how sure is too
            sure.
    """
    model, where = opened.first, opened.source.model
    RunFolder.refuse_if_taken(output)
    check_pictures(parts.choosing, parts.judging)
    zoo.set_logit_scaling(model, None)
    choosing = logits_of(model, parts.choosing, progress)
    before = logits_of(model, parts.judging, progress)
    scaling = METHODS[method](choosing, parts.choosing.labels)
    zoo.set_logit_scaling(model, scaling)
    after = scaled(before, scaling)
    how = Calibrated(method, scaling, len(parts.choosing), parts.note)
    task, labels = task_of_model(model), parts.judging.labels
    section = calibration_section(before, after, labels, how)
    test = likeness_test(model, where, parts.choosing)
    unlike = test.is_unlike(features_before_head(model, parts.judging))
    metrics = {
        **task.measure(after, labels),
        **task.details(after, parts.judging),
        **section.metrics,
        "chosen_by": how.chosen_by,
        "taken_for_unlike": float(unlike.mean()),
    }
    with RunFolder(output) as folder:
        folder.write_config(_config(opened, parts, how, output))
        file = folder.save_model(model)
        record_split(
            folder.path, read_split(where), parts.choosing, parts.judging
        )
        save_test(test, folder.path)
        judged = Judged(parts.judging, after, metrics, (section,))
        source = ModelSource.of_files(str(output), [str(file)])
        write_judged(
            folder, task, judged, opened=JudgedModels(opened.models, source)
        )
    return metrics


def _check_model(opened: JudgedModels) -> None:
    if opened.several:
        raise RequestError(
            f"`model={opened.source.model}` are several models. Calibrate one "
            "of them, such as its last."
        )
    check_tells_one(opened.first, calibrate=True)
    # What is known of it is compared by what its last layer sees.
    below_head(opened.first)
    if zoo.class_names(opened.first) is None:
        raise RequestError(
            f"`model={opened.source.model}` does not say what its classes are "
            "called. Give one that does."
        )


def _config(opened, parts: Parts, how: Calibrated, output) -> dict:
    """That of the run that the model is of, and how it was calibrated."""
    run = nearest_folder(
        opened.source.model, lambda place: (place / CONFIG).is_file()
    )
    held = read_config(run) if run else {}
    if not held:
        held = {
            "model": opened.first.name,
            "weights": opened.source.weights,
            "data": parts.data,
        }
    return {
        **held,
        "output": str(output),
        "orientation": UPRIGHT if parts.choosing.upright else IGNORE,
        "calibrated": {
            "model": dataclasses.asdict(opened.source),
            **how.as_json(),
        },
    }
