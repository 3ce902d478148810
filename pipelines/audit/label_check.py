"""Asking a pretrained network which labels are likely wrong."""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

from pipelines.audit.label_errors import Opinion
from pipelines.audit.label_errors import Outlier
from pipelines.audit.label_errors import Suspect
from pipelines.audit.label_errors import find_suspects
from pipelines.audit.listing import WARNING
from pipelines.audit.listing import DataFinding
from pipelines.audit.one_file import Seen
from pipelines.audit.opening import AuditedData
from pipelines.data.checks import problem_of
from pipelines.data.examples import Examples
from pipelines.data.inspection.kinds import NOTE
from pipelines.data.inspection.kinds import REFUSE
from pipelines.evaluation.held_out import count_learned
from pipelines.evaluation.saved_models import open_model
from pipelines.features.embedding import Embedder
from pipelines.features.start import FeatureSource
from zoo.errors import DataError

# Neighbours are searched among all pictures, so the cost grows as a square.
LIMIT = 50_000
# The opinion of a network that hardly tells the classes apart is not asked:
# what it must get right of what naming the largest class alone gets wrong.
TRUSTED_SKILL = 0.5
# Wrong labels that cannot be named are told of from this part of all on.
UNTOLD = 0.01
_BATCH = 64


@dataclasses.dataclass(frozen=True)
class LabelCheck:
    """What a network thinks of labels.

    Args:
        suspects: Likely label errors, the likeliest first.
        outliers: Pictures unlike all others, the strangest first.
        accuracy: Of a classifier of its features on pictures it has not
            seen, in 0…1; None where nobody asked or nothing could be told.
        expected: How many labels are wrong in all, suspected or not, by
            expectation.
        source: The network; None where nobody asked.
        findings: What to say of it.
        refused: What is wrong with pictures that only turned out to be bad
            when the network was shown them, by their places.
    """

    suspects: tuple[Suspect, ...] = ()
    outliers: tuple[Outlier, ...] = ()
    accuracy: float | None = None
    expected: float = 0.0
    source: FeatureSource | None = None
    findings: tuple[DataFinding, ...] = ()
    refused: dict[int, str] = dataclasses.field(default_factory=dict)


def check_labels(
    audited: AuditedData,
    seen: Sequence[Seen],
    source: FeatureSource,
    seed: int = 0,
    watch: Callable = lambda step: None,
) -> LabelCheck:
    """Looks for likely label errors among the pictures that can be decoded.

    Args:
        audited: The pictures.
        seen: What is known of each.
        source: The network whose features tell them apart; chosen by the
            pictures where it names none.
        seed: Decides the folds, and the choice among many pictures.
        watch: Given the name of a step, returns what is called with the
            numbers of pictures done and in all, or None.

    Raises:
        RequestError: There is no such model, or no such weights.
    """
    places = np.array([i for i, e in enumerate(seen) if e.level != REFUSE])
    places, findings = _sampled(places, seed)
    examples = _examples(audited, places)
    if examples is None:
        return LabelCheck()
    source = source.settled(_sides(seen, places))
    embedder = Embedder(
        open_model(source.model, source.weights, source.image_size),
        batch_size=_BATCH,
        whole=True,
    )
    try:
        vectors = embedder.run(examples, watch("features"))
    except DataError as error:
        refused = _undecodable(examples, places)
        if refused:
            seen = with_refused(seen, refused)
            again = check_labels(audited, seen, source, seed, watch)
            return dataclasses.replace(
                again, refused={**refused, **again.refused}
            )
        message = str(error)
        message = f"Label errors were not looked for: {message}"
        findings.append(DataFinding(WARNING, "labels_not_checked", message))
        return LabelCheck(findings=tuple(findings))
    classes = len(examples.class_names)
    opinion = find_suspects(
        vectors, examples.labels, classes, seed, watch("labels")
    )
    findings += _learned(source, examples, [seen[i].sha256 for i in places])
    opinion, said = _heard(source, examples, opinion)
    findings += said
    return LabelCheck(
        tuple(_moved(each, places) for each in opinion.suspects),
        tuple(_moved(each, places) for each in opinion.outliers),
        opinion.accuracy,
        opinion.expected,
        source,
        tuple(findings),
    )


def _sides(seen: Sequence[Seen], places) -> np.ndarray:
    """The shorter sides of pictures, in pixels."""
    looks = [seen[place].look for place in places]
    return np.array([min(look.width, look.height) for look in looks])


def with_refused(seen: Sequence[Seen], refused: dict[int, str]) -> list[Seen]:
    """Returns what was seen, with pictures refused that passed before."""
    return [
        each._replace(
            look=each.look._replace(problem="damaged", detail=refused[place])
        )
        if place in refused
        else each
        for place, each in enumerate(seen)
    ]


def _undecodable(examples: Examples, places) -> dict[int, str]:
    """Asks the decoder that the network's pictures come from."""
    problems = (
        (place, problem_of(examples.encoded([i])[0]))
        for i, place in enumerate(places)
    )
    return {int(place): problem for place, problem in problems if problem}


def _sampled(
    places: np.ndarray, seed: int
) -> tuple[np.ndarray, list[DataFinding]]:
    """Chooses among very many pictures, and says so."""
    if len(places) <= LIMIT:
        return places, []
    message = (
        f"Label errors were looked for among {LIMIT:,} of {len(places):,} "
        "pictures, chosen at random."
    )
    random = np.random.default_rng([seed, 0x1ABE1])
    chosen = np.sort(random.choice(places, LIMIT, replace=False))
    return chosen, [DataFinding(NOTE, "labels_sampled", message)]


def _heard(source: FeatureSource, examples: Examples, opinion: Opinion):
    """Returns what is left of an opinion, and what to say of it."""
    if opinion.accuracy is None:
        message = (
            "Label errors were not looked for: fewer than two classes have "
            "two pictures."
        )
        return opinion, [DataFinding(NOTE, "labels_not_checked", message)]
    if _skill(opinion.accuracy, examples.counts()) < TRUSTED_SKILL:
        opinion = dataclasses.replace(opinion, suspects=(), expected=0.0)
        return opinion, [_not_trusted(source, opinion.accuracy)]
    return opinion, _doubts(source, examples, opinion)


def _not_trusted(source: FeatureSource, accuracy: float) -> DataFinding:
    return DataFinding(
        NOTE,
        "labels_not_trusted",
        f"No label is suspected: by the features of {source.told} only "
        f"{accuracy:.0%} of pictures are told right, too few to trust. "
        "Another `model` may do better, such as a run fine-tuned here.",
    )


def _learned(
    source: FeatureSource, examples: Examples, sha256: Sequence[str]
) -> list[DataFinding]:
    """Says where the features come from these very labels."""
    known = [bytes.fromhex(each) for each in sha256]
    count = count_learned(source.model, examples, known)
    if not count:
        return []
    message = (
        f"{source.model} has learned {count:,} of these pictures with their "
        "labels. Wrong ones that it learned by heart look right to it."
    )
    return [DataFinding(NOTE, "labels_learned", message)]


def _doubts(
    source: FeatureSource, examples: Examples, opinion: Opinion
) -> list[DataFinding]:
    """Says how many labels may be wrong, and how many cannot be told."""
    suspects, found = opinion.suspects, []
    real = sum(each.wrong for each in suspects)
    if suspects:
        message = (
            f"{len(suspects):,} labels may be wrong; by expectation "
            f"{real:,.0f} of them are. Look at them, the likeliest first."
            if len(suspects) > 1
            else f"1 label may be wrong, with a probability of {real:.0%}. "
            "Look at it."
        )
        names = tuple(examples.names[each.place] for each in suspects)
        found.append(DataFinding(WARNING, "suspect_labels", message, names))
    hidden = opinion.expected - real
    if hidden >= 1 and hidden >= UNTOLD * len(examples):
        message = (
            f"By expectation {hidden:,.0f} other "
            f"{'label is' if hidden < 1.5 else 'labels are'} wrong, which "
            f"cannot be named: by the features of {source.told} "
            f"{opinion.accuracy:.0%} of pictures are told right. Another "
            "`model` may do better, such as a run fine-tuned here."
        )
        found.append(DataFinding(NOTE, "labels_untold", message))
    return found


def _skill(accuracy: float, counts: np.ndarray) -> float:
    """Returns 0 for no better than the largest class, 1 for always right."""
    chance = counts.max() / counts.sum()
    return (accuracy - chance) / max(1 - chance, 1e-9)


def _examples(audited: AuditedData, places) -> Examples | None:
    """Returns the pictures as examples; None where there is nothing to ask."""
    pictures = [audited.listing.pictures[i] for i in places]
    names = tuple(audited.listing.class_names)
    numbers = {name: label for label, name in enumerate(names)}
    if len(names) < 2 or any(e.label not in numbers for e in pictures):
        return None
    labels = np.array([numbers[e.label] for e in pictures], "int32")
    if len(labels) < 3 or np.bincount(labels).max(initial=0) < 2:
        return None
    return Examples(
        tuple(picture.path for picture in pictures),
        labels,
        names,
        lambda wanted: audited.encoded([int(places[i]) for i in wanted]),
    )


def _moved(opinion, places):
    """Returns an opinion whose places are those of the whole set."""
    changes = {"place": int(places[opinion.place])}
    if isinstance(opinion, Suspect):
        changes["neighbours"] = tuple(
            int(places[i]) for i in opinion.neighbours
        )
    return dataclasses.replace(opinion, **changes)
