"""Making one model of many, and saying what it is worth."""

import dataclasses
import functools
import time

import tensorflow as tf

import zoo
from pipelines.batches.evaluation_data import evaluation_batch
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.checks import check_pictures
from pipelines.data.examples import Examples
from pipelines.evaluation.ensembles.ancestry import check_relatives
from pipelines.evaluation.ensembles.fresh_statistics import FreshStatistics
from pipelines.evaluation.ensembles.soups import Cook
from pipelines.evaluation.ensembles.soups import Soup
from pipelines.evaluation.ensembles.soups import Worth
from pipelines.evaluation.ensembles.two_parts import TwoParts
from pipelines.evaluation.ensembles.two_parts import open_two_parts
from pipelines.evaluation.ensembles.ways import GREEDY
from pipelines.evaluation.ensembles.ways import PROBABILITIES
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.judging import match_classes
from pipelines.evaluation.paired_test import mcnemar
from pipelines.evaluation.saved_models import open_model
from pipelines.tasks.ranking import in_top
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Judged
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.work import work
from zoo.errors import RequestError
from zoo.side_by_side import check_members
from zoo.side_by_side import side_by_side


@dataclasses.dataclass(frozen=True)
class Mixture:
    """What is put together, and by which pictures.

    Args:
        models: Run folders or `.keras` files.
        how: A name of `pipelines.evaluation.ensembles.ways.WAYS`.
        data: What chooses, and where `judge` is None judges by a half.
        judge: What judges.
        seed: Decides which half.
        upright: Whether pictures are turned as their EXIF asks for.
    """

    models: tuple[str, ...]
    how: str
    data: str
    judge: str | None = None
    seed: int = 0
    upright: bool = True


@dataclasses.dataclass(frozen=True, eq=False)
class Combined:
    """One model of many, and what is known of it.

    Args:
        model: It.
        judged: The pictures that chose nothing, and what it says of them.
        parts: Both parts of the pictures.
        facts: What `ensemble.json` holds.
    """

    model: object
    judged: Judged
    parts: TwoParts
    facts: dict


@heartbeat()
def combine(mixture: Mixture, *, checked=None) -> Combined:
    """Makes one model of several.

    Args:
        mixture: Which ones, how, and by which pictures.
        checked: Called with the numbers of pictures checked and in all.

    Raises:
        RequestError: There is no such model or data, or these models cannot
            be put together so.
        DataError: The pictures cannot be used, or both parts share some.
        IntegrityError: A model's file is damaged.
    """
    started = time.perf_counter()
    if len(set(mixture.models)) < 2:
        raise RequestError(
            "`models` are put together. Give two or more, each once. "
            f"Received: {', '.join(mixture.models) or 'none'}"
        )
    models = {name: open_model(name) for name in mixture.models}
    # Before the pictures are looked at, which takes longer.
    check_members(list(models.values()))
    if mixture.how != PROBABILITIES:
        check_relatives(models)
    parts = open_two_parts(
        mixture.models,
        mixture.data,
        mixture.judge,
        seed=mixture.seed,
        upright=mixture.upright,
    )
    for part in (parts.choosing, parts.judging):
        check_pictures(part, progress=checked)
    members = _members(models, parts)
    if mixture.how == PROBABILITIES:
        model, how = side_by_side(list(models.values())), {}
    else:
        model, how = _soup(mixture, models, parts.choosing)
    judged = _judge(model, parts.judging)
    metrics = judged.metrics
    metrics["seconds"] = time.perf_counter() - started
    facts = {
        "how": mixture.how,
        "pictures": parts.note,
        "members": [
            {"model": name, **member.facts} for name, member in members.items()
        ],
        **how,
        "top1": metrics["top1"],
        "top1_interval": metrics["top1_interval"],
        **_beside_the_best(members, judged),
    }
    return Combined(model, judged, parts, facts)


@dataclasses.dataclass(frozen=True, eq=False)
class _Member:
    """What one of the models reaches by itself.

    Args:
        chosen: What the pictures that choose say of it.
        judged: What the others do.
    """

    chosen: Judged
    judged: Judged

    @property
    def worth(self) -> Worth:
        metrics = self.chosen.metrics
        return Worth(metrics["top1"], -metrics["loss"])

    @property
    def facts(self) -> dict:
        return {
            "choosing_top1": self.chosen.metrics["top1"],
            "choosing_loss": self.chosen.metrics["loss"],
            "top1": self.judged.metrics["top1"],
        }


def _members(models: dict, parts: TwoParts) -> dict[str, _Member]:
    return {
        name: _Member(
            _judge(model, parts.choosing), _judge(model, parts.judging)
        )
        for name, model in models.items()
    }


def _right(judged: Judged):
    return in_top(judged.outputs, judged.examples.labels, 1)


def _judge(model, examples: Examples) -> Judged:
    task = task_of_model(model)
    examples = match_classes(examples, zoo.class_names(model))
    data = _data(model, examples)
    logits = Evaluator(model, tf.distribute.get_strategy(), task).logits(data)
    metrics = task.measure(logits, examples.labels)
    metrics |= task.details(logits, examples)
    return Judged(examples, logits, metrics)


def _data(model, examples: Examples, hold: bool = False):
    return evaluation_data(
        examples,
        zoo.preprocessing(model),
        batch_size=evaluation_batch(len(examples)),
        hold=hold,
    )


def _soup(mixture: Mixture, models: dict, choosing: Examples):
    """Makes a soup; returns the model and what is said of it."""
    names, (model, *_) = list(models), list(models.values())
    weights = [each.get_weights() for each in models.values()]
    choosing = match_classes(choosing, zoo.class_names(model))
    data = _data(model, choosing, hold=True)
    task = task_of_model(model)
    evaluator = Evaluator(model, tf.distribute.get_strategy(), task)

    def judge(trial) -> Worth:
        model.set_weights(trial)
        metrics = evaluator.evaluate(data)
        return Worth(metrics["top1"], -metrics["loss"])

    fresh = FreshStatistics(model, data)
    measure = fresh.measure if FreshStatistics.of(model) else None
    cook = Cook(weights, judge, measure)
    with work("tasting soups"):
        soup = cook.greedy() if mixture.how == GREEDY else cook.uniform()
    model.set_weights(soup.weights)
    said = functools.partial(_said, names)
    return model, {"chosen": said(soup), "tried": [*map(said, cook.tried)]}


def _said(names: list[str], soup: Soup) -> dict:
    return {
        "models": [names[place] for place in soup.members],
        "fresh_statistics": soup.fresh,
        "choosing_top1": soup.worth.top1,
        "choosing_loss": -soup.worth.gain,
    }


def _beside_the_best(members: dict[str, _Member], judged: Judged) -> dict:
    """Compares with the member that the choosing pictures hold for the best."""
    best = max(members, key=lambda name: members[name].worth)
    ours, theirs = _right(judged), _right(members[best].judged)
    only_ours, only_theirs = (ours & ~theirs).sum(), (theirs & ~ours).sum()
    return {
        "best_member": best,
        "best_member_top1": members[best].judged.metrics["top1"],
        "only_this_is_right": int(only_ours),
        "only_the_best_member_is_right": int(only_theirs),
        "p": mcnemar(int(only_ours), int(only_theirs)),
    }
