"""What is explained: a class, or why one class and not another."""

import dataclasses
import difflib

import numpy as np

import zoo
from pipelines.data.spelling import folded
from pipelines.tasks.sigmoid import sigmoid
from pipelines.tasks.softmax import softmax
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, eq=False)
class Target:
    """What is explained of each picture.

    Args:
        classes: int `(pictures,)`: the class whose logit is explained.
        against: int `(pictures,)`: the one whose logit is taken off it; None
            where there is none.
        several: Whether each class is a question of its own.
    """

    classes: np.ndarray
    against: np.ndarray | None = None
    several: bool = False

    def __len__(self):
        return len(self.classes)

    def __getitem__(self, places) -> "Target":
        """Those of some of the pictures."""
        against = None if self.against is None else self.against[places]
        return Target(self.classes[places], against, self.several)

    def directions(self, classes: int) -> np.ndarray:
        """What the logits are multiplied by: float32 `(pictures, classes)`.

        Args:
            classes: How many there are.
        """
        found = np.zeros((len(self), classes), "float32")
        rows = np.arange(len(self))
        found[rows, self.classes] += 1
        if self.against is not None:
            found[rows, self.against] -= 1
        return found

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """How likely it is, in 0…1, float64 `(pictures,)`.

        Of two classes: how likely the first is if it is one of them.

        Args:
            logits: `(pictures, classes)`.
        """
        rows = np.arange(len(self))
        own = logits[rows, self.classes]
        if self.against is not None:
            return sigmoid(own - logits[rows, self.against])
        if self.several:
            return sigmoid(own)
        return softmax(logits)[rows, self.classes]


def target_of(
    model, logits: np.ndarray, name: str | None, against: str | None
) -> Target:
    """Returns what is explained where a person names classes, or none.

    Args:
        model: A model of the zoo.
        logits: What it returns of the pictures.
        name: Of the class; where None each picture's likeliest one.
        against: Of the class that it is not, or None.

    Raises:
        RequestError: There is no such class, or the two are one.
    """
    count = len(logits)
    if name is None:
        classes = logits.argmax(axis=1)
    else:
        classes = np.full(count, class_number(model, name, "class_name"))
    several = bool(zoo.thresholds(model))
    if against is None:
        return Target(classes, several=several)
    other = class_number(model, against, "against")
    if name is not None and classes[0] == other:
        raise RequestError(
            f"`class_name` and `against` are both {against!r}. Expected two "
            "classes."
        )
    if name is None:
        # Where it is the likeliest itself, it is held against the next.
        second = np.argsort(-logits, axis=1)[:, 1]
        classes = np.where(classes == other, second, classes)
    return Target(classes, np.full(count, other), several)


def class_number(model, name: str, setting: str) -> int:
    """Returns a class by its name, or by its number where it has none.

    Args:
        model: A model of the zoo.
        name: As a person writes it: case, blanks and lines are nothing.
        setting: What the name was given as.

    Raises:
        RequestError: There is no such class; says which are called alike.
    """
    names = class_words(model)
    for written in (str, _plain):
        found = [
            i for i, each in enumerate(names) if written(each) == written(name)
        ]
        if len(found) == 1:
            return found[0]
    near = difflib.get_close_matches(name.lower(), names, 3, 0.6)
    known = near or names[:10]
    more = " …" if not near and len(names) > len(known) else ""
    raise RequestError(
        f"`{setting}={name}`: the model knows no such class. "
        f"{'Nearest' if near else 'It knows'}: {', '.join(known)}{more}."
    )


def _plain(name: str) -> str:
    return folded(name).replace("_", " ")


def class_words(model) -> list[str]:
    """Returns what a model's classes are called, their numbers if nothing."""
    names = zoo.class_names(model)
    return list(names or map(str, range(model.output_shape[-1])))
