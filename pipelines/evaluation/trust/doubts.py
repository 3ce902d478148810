"""Labels that the trained model doubts, and pictures that are hard for it.

Only of pictures that it has not learned from: of others it says what it was
told. How likely a label is wrong comes from `label_noise`, of the model's own
logits. The audit takes the list (`doubts`), shows it on its page and puts it
into its list of corrections; no label is changed by it.
"""

import dataclasses
import os

import numpy as np

from pipelines.evaluation.trust.label_noise import estimate_noise
from pipelines.pages.sections import Section
from pipelines.tasks.answers import Answers
from pipelines.tasks.class_summary import class_names
from pipelines.tasks.softmax import softmax
from pipelines.tasks.task import Judged

# As the audit shows labels from.
DOUBTED = 0.4
# Right by a hair or wrong by one: the two likeliest classes are that near.
_HARD = 0.2
LABEL, HARD = "label", "hard"
HEADER = ("path", "label", "suggested", "wrong", "why", "sha256")


@dataclasses.dataclass(frozen=True)
class Doubt:
    """A picture to look at.

    Args:
        place: Which picture.
        why: `"label"` where its label is likely wrong, else `"hard"`.
        suggested: The class that the model holds likeliest beside its label.
        wrong: How likely its label is wrong, in 0…1.
        margin: How far the two likeliest classes are apart, in 0…1.
    """

    place: int
    why: str
    suggested: int
    wrong: float
    margin: float


def find_doubts(logits: np.ndarray, labels: np.ndarray) -> list[Doubt]:
    """Finds labels that are likely wrong, then hard pictures.

    Args:
        logits: `(pictures, classes)`, of pictures that were not learned from.
        labels: int `(pictures,)`.

    Returns:
        The likeliest errors first, then the hardest pictures first.

    Example:

    ```python
    import numpy as np
    from pipelines.evaluation.trust.doubts import find_doubts
    labels = np.arange(100) % 2
    logits = 8.0 * np.eye(2)[labels]
    labels[7] = 0
    (doubt,) = find_doubts(logits, labels)
    assert (doubt.place, doubt.suggested, doubt.why) == (7, 1, "label")
    ```
    """
    if len(np.unique(labels)) < 2:
        return []
    rows = np.arange(len(labels))
    wrong = estimate_noise(logits.astype("float64"), labels).wrong
    chances = softmax(logits)
    others = chances.copy()
    others[rows, labels] = -1
    suggested = others.argmax(axis=1)
    best = np.sort(chances, axis=1)
    margin = best[:, -1] - best[:, -2]

    def doubts(places, why):
        return [
            Doubt(
                int(i),
                why,
                int(suggested[i]),
                float(wrong[i]),
                float(margin[i]),
            )
            for i in places
        ]

    by_label = np.flatnonzero(wrong >= DOUBTED)
    by_label = by_label[np.argsort(-wrong[by_label], kind="stable")]
    hard = np.flatnonzero((wrong < DOUBTED) & (margin < _HARD))
    hard = hard[np.argsort(margin[hard], kind="stable")]
    return [*doubts(by_label, LABEL), *doubts(hard, HARD)]


def doubt_section(judged: Judged, keys) -> Section:
    """Says how many labels are doubted, and writes the list.

    Args:
        judged: Pictures that were not learned from.
        keys: The sha256 of each, None where they are not known.
    """
    examples = judged.examples
    answers = Answers.of(judged.outputs, examples.labels)
    given = np.flatnonzero(answers.best >= 0)
    found = find_doubts(judged.outputs[given], examples.labels[given])
    doubts = [
        dataclasses.replace(each, place=int(given[each.place]))
        for each in found
    ]
    labels = sum(each.why == LABEL for each in doubts)
    hard = len(doubts) - labels
    return Section(
        "Which labels it doubts",
        (
            f"{labels:,} labels are likely wrong, and {hard:,} pictures are "
            "hard: their two likeliest classes are near each other. "
            "doubts.csv lists them; the command audit takes it as --doubts "
            "and shows them on its page, from which they are corrected.",
        ),
        files={"doubts": [[*HEADER], *_rows(judged, doubts, keys)]},
        metrics={"doubted_labels": labels, "hard_pictures": hard},
        in_card=False,
    )


def _rows(judged: Judged, doubts: list[Doubt], keys) -> list[list]:
    examples, rows = judged.examples, []
    names = class_names(examples, judged.outputs.shape[1])
    for each in doubts:
        name = examples.names[each.place]
        rows.append(
            [
                os.path.abspath(name) if examples.are_files else name,
                names[examples.labels[each.place]],
                names[each.suggested],
                f"{each.wrong:.3f}",
                each.why,
                keys[each.place].hex() if keys else "",
            ]
        )
    return rows
