"""Judging what was handed in, by pictures whose labels nobody was given."""

import dataclasses
import io
import json
import time

import numpy as np
import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.challenge import state
from pipelines.challenge.places import ChallengeFolder
from pipelines.challenge.prediction_tables import LABELS
from pipelines.challenge.prediction_tables import read_predictions
from pipelines.challenge.scoring import Answered
from pipelines.challenge.scoring import Count
from pipelines.challenge.scoring import Score
from pipelines.challenge.state import Entry
from pipelines.challenge.submitting import TABLE
from pipelines.challenge.submitting import utc_now
from pipelines.data.examples import Examples
from pipelines.data.joining import relabel
from pipelines.data.sources.opening import open_splits
from pipelines.evaluation.evaluator import Evaluator
from pipelines.runs.model_loading import load_model
from pipelines.tasks.softmax import softmax
from pipelines.tasks.table import task_of_model
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.work import work
from zoo.errors import DataError
from zoo.errors import IntegrityError
from zoo.plain_json import dumps
from zoo.profile import count_macs

# Of so many pictures in turn the median is the latency.
_TIMED = 30
_WARM = 5


@heartbeat()
def judge_entries(challenge: ChallengeFolder, say=print) -> list[Entry]:
    """Judges every entry that has not been judged yet.

    Args:
        challenge: Where.
        say: Told a line for each entry as soon as it is judged.

    Returns:
        Those that were judged now.

    Raises:
        DataError: Pictures or an entry are not what they were. What can be
            judged is judged before anything is raised.
        IntegrityError: A model's file is damaged, or its answers are no
            numbers; likewise.
    """
    with state.reading(challenge.path) as opened:
        known = state.judged_numbers(opened)
        entries = state.all_entries(opened)
    waiting = [entry for entry in entries if entry.number not in known]
    failed = []
    for entry in waiting:
        try:
            with work(f"judging entry {entry.number}"):
                answered, score = _judge(challenge, entry)
        except (DataError, IntegrityError) as error:
            # No team has to wait for another's mistake.
            failed.append(error)
            continue
        _note(challenge, entry, answered, score)
        say(
            f"entry {entry.number}, {entry.team}, {entry.task}, "
            f"{entry.variant or entry.kind}: top-1 error "
            f"{score.top1.share:.2%}, top-5 error {score.top5.share:.2%}"
        )
    if failed:
        raise type(failed[0])(" ".join(map(str, failed)))
    return waiting


def _judge(challenge: ChallengeFolder, entry: Entry):
    examples = challenge.held_out(entry.task)
    classes = len(examples.class_names)
    path = challenge.checked_file(entry)
    if entry.kind == TABLE:
        values = read_predictions(
            path, challenge.pictures(entry.task), examples.class_names
        )
        # A table of labels says nothing of how likely they are.
        likely = None if values.max() == LABELS else values.max(axis=1)
        answered = Answered.of(values, examples.labels, likely)
        return answered, answered.score(examples.labels, classes)
    model = load_model(path)
    logits = _logits(model, examples)
    if not np.isfinite(logits).all():
        raise IntegrityError(
            f"Entry {entry.number} answers with NaN or infinity: its weights "
            "cannot be used."
        )
    answered = Answered.of(logits, examples.labels, softmax(logits).max(axis=1))
    return answered, answered.score(
        examples.labels,
        classes,
        train=_count(model, _learned_from(challenge, entry.task, examples)),
        cross=_count(model, challenge.cross(entry.task)),
        parameters=model.count_params(),
        macs=count_macs(model),
        latency=latency(model),
    )


def _learned_from(
    challenge: ChallengeFolder, task: str, held_out: Examples
) -> Examples:
    """As many pictures to learn from as there are that judge, at most."""
    listed = challenge.public(task) / "train.csv"
    data = challenge.rules.tasks[task].data
    train = open_splits(
        str(listed) if listed.is_file() else data, seed=None
    ).train
    random = np.random.default_rng([len(train), len(held_out)])
    count = min(len(train), len(held_out))
    places = np.sort(random.choice(len(train), count, replace=False))
    return relabel(train.subset(places), held_out.class_names)


def _count(model, examples: Examples | None) -> Count | None:
    if examples is None:
        return None
    logits = _logits(model, examples)
    answered = Answered.of(logits, examples.labels)
    return Count.of(answered.right)


def _logits(model, examples: Examples) -> np.ndarray:
    """Returns logits in the task's order of classes."""
    data = evaluation_data(
        examples,
        zoo.preprocessing(model),
        batch_size=evaluation_batch(len(examples)),
    )
    evaluator = Evaluator(
        model, tf.distribute.get_strategy(), task_of_model(model)
    )
    own = zoo.class_names(model)
    order = [own.index(name) for name in examples.class_names]
    return evaluator.logits(data)[:, order]


def latency(model) -> float:
    """Returns the median time of a model for one picture, in milliseconds.

    On this machine, whatever else it does: figures of two machines, or of two
    days, do not compare.
    """
    see = tf.function(lambda pixels: model(pixels, training=False))
    pixels = tf.zeros((1, *model.input_shape[1:]), tf.uint8)
    taken = []
    for turn in range(_WARM + _TIMED):
        start = time.perf_counter()
        see(pixels).numpy()
        if turn >= _WARM:
            taken.append(1000 * (time.perf_counter() - start))
    return float(np.median(taken))


def _note(challenge, entry: Entry, answered: Answered, score: Score) -> None:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        **{
            field.name: getattr(answered, field.name)
            for field in dataclasses.fields(answered)
        },
    )
    with state.changing(challenge.path) as opened:
        # Another may have judged it meanwhile, with the same outcome.
        state.add_score(
            opened,
            entry.number,
            judged=utc_now().isoformat(timespec="seconds"),
            score=dumps(dataclasses.asdict(score)),
            answers=file.getvalue(),
        )


def read_scores(challenge: ChallengeFolder) -> dict:
    """Returns score and answers of each entry that was judged, by number."""
    found = {}
    with state.reading(challenge.path) as opened:
        for row in state.all_scores(opened):
            with np.load(io.BytesIO(row["answers"])) as held:
                answered = Answered(**held)
            score = Score.of_json(json.loads(row["score"]))
            found[row["number"]] = (score, answered)
    return found
