"""What `weights=` means for one model: found first, loaded last."""

import dataclasses
import logging
import numbers
import pathlib

from zoo.cards import CARDS
from zoo.errors import RequestError
from zoo.layers import Logits
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer
from zoo.preprocessing import Preprocessing
from zoo.weights.contents import HEAD
from zoo.weights.contents import Contents
from zoo.weights.contents import choose_origin
from zoo.weights.contents import open_weights
from zoo.weights.facts import Facts
from zoo.weights.fitting import fit
from zoo.weights.fitting import room_for
from zoo.weights.locating import locate
from zoo.weights.origins import OWN
from zoo.weights.origins import Origin
from zoo.weights.origins import canonical
from zoo.weights.origins import find_origin
from zoo.weights.sources import packaged_hash
from zoo.weights.sources import weights_of

_log = logging.getLogger("zoo")


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """Resolved before a model is built, because it decides how.

    Args:
        variant: The model's name in the zoo.
        contents: What the weight file holds, or None.
        facts: What is known of the weights.
        classes: Number of classes of the model.
        preprocessing: What the model's pixels are scaled by.
        origin: How the network is built.
        own_head: Whether somebody has said how many classes the model has,
            and so wants a head that need not be the file's.
    """

    variant: str
    contents: Contents | None
    facts: Facts
    classes: int
    preprocessing: Preprocessing
    origin: Origin = OWN
    own_head: bool = False

    @classmethod
    def find(
        cls,
        variant: str,
        weights,
        *,
        classes,
        default_classes,
        preprocessing,
        origin: str | None = None,
    ) -> "Pretrained":
        """Resolves `weights`: None, a registered name, a Hub id, or a path.

        Args:
            variant: The model's name in the zoo.
            weights: See `zoo.create_model`.
            classes: The number of classes asked for, or None.
            default_classes: That of the paper.
            preprocessing: The family's own, at the size of the variant.
            origin: What a person says about the weights' origin.

        Raises:
            RequestError: The name is not known, `classes` is no number of
                classes, or nothing says whose network the weights are for.
            IntegrityError: The file is damaged.
        """
        _check_classes(classes)
        own_head = classes is not None
        contents, known = _open(variant, weights)
        if contents is None:
            whose = find_origin(canonical(origin), variant) if origin else OWN
        else:
            _check_said(weights, known.origin, origin)
            whose = choose_origin(contents, variant, known.origin or origin)
            classes = classes or contents.classes
        return cls(
            variant,
            contents,
            known,
            classes or default_classes,
            _sized(variant, known.preprocessing, preprocessing)
            or _usual_preprocessing(variant, whose, contents, preprocessing),
            whose,
            own_head,
        )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """RGB pictures of the size that the weights are meant for."""
        side = self.preprocessing.image_size
        return side, side, 3

    def load_into(self, model):
        """Loads the file, if there is one, and returns the model.

        The model remembers whose network it is and what its classes are
        called.
        """
        scaling, head = (
            find_layer(model, PixelScaling),
            find_layer(model, Logits),
        )
        scaling.origin, scaling.variant = self.origin.name, self.variant
        if self.contents is not None:
            report = fit(
                model, self.contents, self.origin, own_head=self.own_head
            )
            if head and HEAD[0] in report.matched:
                self.facts.note_in(head)
            where = pathlib.Path(self.contents.where).name
            _log.info("%s from %s: %s", model.name, where, report)
        return model


def _open(variant: str, weights) -> tuple[Contents | None, Facts]:
    """Reads what `weights` names, and says what is known of it."""
    if weights is None:
        return None, Facts()
    path, known = locate(variant, weights)
    contents = open_weights(
        path,
        sha256=packaged_hash(path),
        expected_bytes=_expected_bytes(variant),
    )
    return contents, known or contents.facts


def _expected_bytes(variant: str) -> int | None:
    card = CARDS.get(variant)
    return card and room_for(4 * (card.parameters + card.non_trainable))


def _sized(variant, record, own: Preprocessing) -> Preprocessing | None:
    """At the weights' size, but for a variant that was given another."""
    if record is None:
        return None
    usual = variant in CARDS and own.image_size == CARDS[variant].input_size
    return record if usual else record.at(own.image_size)


def _usual_preprocessing(variant, origin, contents, own) -> Preprocessing:
    """What such weights expect where nothing says it for this very file."""
    rows = [row for row in weights_of(variant) if row.origin == origin.name]
    record = origin.scale(own)
    if rows and origin is not OWN:
        # At which size they are tested is a fact of one set, not of all.
        record = dataclasses.replace(
            rows[0].preprocessing, test_size=None, test_crop_fraction=None
        )
    pixels = contents and contents.pixels
    if pixels:
        record = dataclasses.replace(record, mean=pixels[0], std=pixels[1])
    return record.at(own.image_size)


def _check_classes(classes) -> None:
    if classes is None:
        return
    whole = isinstance(classes, numbers.Integral)
    if not whole or isinstance(classes, bool) or classes < 1:
        raise RequestError(
            "`classes` is the number of classes, at least 1, or None. "
            f"Received: {classes!r}"
        )


def _check_said(weights, known: str | None, said: str | None) -> None:
    if known and said and canonical(said) != known:
        raise RequestError(
            f"`weights={weights}` are of {known!r}. Received: `origin={said}`"
        )
