"""Putting tensors into a model: everything fits, or everything is named."""

import collections
import dataclasses
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.layers import Logits
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer
from zoo.stages import stage_name
from zoo.weights.adapting import adapt_positions
from zoo.weights.adapting import adapt_stem
from zoo.weights.adapting import replaced_head
from zoo.weights.contents import HEAD
from zoo.weights.contents import Contents
from zoo.weights.contents import choose_origin
from zoo.weights.contents import open_weights
from zoo.weights.files import variable_names
from zoo.weights.finite import check_finite
from zoo.weights.origins import OWN
from zoo.weights.origins import Origin
from zoo.weights.origins import find_origin
from zoo.weights.translation import to_ours

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True)
class LoadReport:
    """What became of each tensor.

    Args:
        matched: Names that were loaded.
        skipped: Name and reason of tensors in the file that were not used.
        initial: Names in the model that were left as initialised.
        adapted: Name and reason of tensors that were changed to fit.
        origin: Whose network the weights are for.
        remarks: What else a person should know.
    """

    matched: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    initial: tuple[str, ...] = ()
    adapted: tuple[tuple[str, str], ...] = ()
    origin: str = OWN.name
    remarks: tuple[str, ...] = ()

    def __str__(self):
        reasons = dict(self.skipped)
        whose = "" if self.origin == OWN.name else f" of {self.origin}"
        parts = [f"{len(self.matched)} tensors{whose} loaded"]
        parts += [f"{name} {how}" for name, how in self.adapted]
        parts += [
            f"{name} skipped ({why})"
            for name, why in self.skipped
            if name not in self.initial
        ]
        if self.initial:
            why = sorted({reasons.get(name, "") for name in self.initial})
            parts.append(
                f"{', '.join(self.initial)} left as initialised"
                + (f" ({', '.join(why)})" if any(why) else "")
            )
        return "; ".join((*parts, *self.remarks))


def load_weights(
    model: "keras.Model",
    source: str | os.PathLike | Mapping,
    *,
    origin: str | None = None,
    sha256: str | None = None,
) -> LoadReport:
    """Loads a weight file of this zoo or of another library into a model.

    What differs in the number of classes is left as initialised, a first
    convolution is adapted to other than three channels, position embeddings
    are resampled to another size, and the report says so. Anything else that
    does not fit is an error that lists every mismatch, and then no variable
    has been changed.

    Args:
        model: A model of the zoo, or any that `save_weights` wrote.
        source: The path of a file (`.safetensors`, `.pth`, `.h5`,
            `.weights.h5` or `.keras`), or tensors by name.
        origin: Whose network the weights are for, where the names of the
            tensors cannot tell: such as `"timm/tf_efficientnet_b3"`.
        sha256: What the whole file must hash to, where known.

    Raises:
        RequestError: There is no such file, or its weights want a network
            that is built in another way.
        IntegrityError: The file is damaged or does not fit the model.

    Example:

    ```python
    import tempfile, zoo
    model = zoo.create_model("resnet20")
    with tempfile.TemporaryDirectory() as folder:
        zoo.save_weights(model, f"{folder}/w.safetensors")
        other = zoo.create_model("resnet20", classes=3)
        report = zoo.load_weights(other, f"{folder}/w.safetensors")
    assert report.initial == ("head_logits/kernel", "head_logits/bias")
    ```
    """
    names = variable_names(model)
    own = sum(math.prod(v.shape) * 4 for v in names.values())
    contents = open_weights(
        source,
        sha256=sha256,
        expected_bytes=room_for(own),
        names=frozenset(names),
    )
    variant, built = _built(model)
    wanted = choose_origin(contents, variant, origin, built)
    _check_built(contents, wanted, variant, built)
    report = fit(model, contents, wanted)
    _rename_classes(model, contents, report)
    remarks = _other_scale(model, contents, wanted)
    return dataclasses.replace(report, remarks=remarks)


def room_for(model_bytes: int) -> int:
    """Returns how much a file for a model may take in memory, in bytes.

    Files of other libraries may hold more than the model: a head of
    ImageNet-21k's 22,000 classes, or counters.
    """
    return 2 * model_bytes + (128 << 20)


def _built(model) -> tuple[str, str]:
    """Returns a model's variant and the origin that it was built for."""
    scaling = find_layer(model, PixelScaling)
    if scaling is None:
        return model.name, OWN.name
    return scaling.variant or model.name, scaling.origin


def _check_built(contents, wanted: Origin, variant: str, built: str) -> None:
    if not wanted.builds_like(find_origin(built, variant)):
        raise RequestError(
            f"{contents.where} holds weights of {wanted.name!r}, which want "
            f"another network than that of {built!r}, beside the shapes: "
            f"build it by zoo.create_model({variant!r}, "
            f"origin={wanted.name!r}), or with `weights`."
        )


def _rename_classes(model, contents, report) -> None:
    """A head that was loaded has the classes of its file."""
    facts, head = contents.facts, find_layer(model, Logits)
    if head and HEAD[0] in report.matched:
        facts.note_in(head)


def _other_scale(model, contents, origin) -> tuple[str, ...]:
    """Says so where the weights expect pixels on another scale."""
    record = contents.facts.preprocessing
    wanted = (
        (record.mean, record.std)
        if record
        else contents.pixels or (origin.mean, origin.std)
    )
    scaling = find_layer(model, PixelScaling)
    if scaling is None or wanted[0] is None:
        return ()
    has = scaling.preprocessing.mean, scaling.preprocessing.std
    if np.allclose(has, wanted, rtol=1e-3):
        return ()
    return (
        f"the weights expect pixels by mean and std {wanted}, the model has "
        f"{has}: build it with `weights` instead",
    )


def fit(
    model, contents: Contents, origin: Origin, *, own_head: bool = False
) -> LoadReport:
    """Loads what was read into a model that was built for it.

    Args:
        model: What is loaded into.
        contents: What a file holds.
        origin: Whose weights they are.
        own_head: Whether a head of the file that is for another size of
            pictures is left out, as one of other classes is.

    Raises:
        IntegrityError: It does not fit or is no numbers, and nothing was
            changed.
    """
    variables = variable_names(model)
    tensors, theirs = _translate(model, contents, origin)
    stem = adapt_stem(variables, tensors)
    positions = adapt_positions(model, variables, tensors, contents.facts.grid)
    adapted = stem | positions
    tensors = tensors | adapted
    replaced = replaced_head(variables, tensors, own_head=own_head)
    unused = _unused_head(variables, tensors)
    problems = _mismatches(variables, tensors, replaced, theirs)
    if problems:
        raise IntegrityError(
            f"{contents.where} does not fit the model {model.name!r}: "
            + "; ".join(problems)
        )
    matched = [key for key in variables if key not in replaced]
    check_finite(contents.where, {key: tensors[key] for key in matched})
    for key in matched:
        variables[key].assign(tensors[key])
    return LoadReport(
        tuple(matched),
        (*replaced.items(), *unused),
        tuple(key for key in variables if key in replaced),
        (
            *((key, "adapted to other channels") for key in stem),
            *((key, "resampled to another size") for key in positions),
        ),
        origin.name,
    )


def _translate(model, contents, origin) -> tuple[dict, dict]:
    """Returns the tensors by our names, and their names by ours."""
    variables = variable_names(model)
    if not contents.tables:
        return _renumbered(model, contents.tensors), {}
    names = list(dict.fromkeys((*variables, *HEAD)))
    reasons = []
    for table in contents.tables:
        if table.library not in (origin.name, origin.library):
            continue
        try:
            theirs = {row.ours: row.theirs for row in table.rows(names)}
            return to_ours(table, contents.tensors, names), theirs
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            reasons.append(f"{table.family} of {table.library}: {error}")
    raise IntegrityError(
        f"{contents.where} does not translate into the tensors of "
        f"{model.name!r} ({'; '.join(reasons)})."
    )


def _renumbered(model, tensors) -> dict:
    """Names what Keras's own files only number, `layer/0`, `layer/1` …"""
    named: dict[str, str] = {}
    counts: collections.Counter = collections.Counter()
    for name in variable_names(model):
        layer = name.rpartition("/")[0]
        named[f"{layer}/{counts[layer]}"] = name
        counts[layer] += 1
    named |= {f"head_logits/{i}": name for i, name in enumerate(HEAD)}
    return {named.get(name, name): tensor for name, tensor in tensors.items()}


def _unused_head(variables, tensors) -> list[tuple[str, str]]:
    """What a model without a head has no use for, with the reason."""
    if any(stage_name(key) == "head" for key in variables):
        return []
    return [
        (key, "the model has no head")
        for key in tensors
        if stage_name(key) == "head"
    ]


def _mismatches(variables, tensors, replaced, theirs) -> list[str]:
    problems = []

    def named(key):
        return f"{key} ({theirs[key]} in the file)" if key in theirs else key

    for key, variable in variables.items():
        if key in replaced:
            continue
        if key not in tensors:
            problems.append(f"{named(key)} is missing in the file")
        elif tuple(tensors[key].shape) != tuple(variable.shape):
            problems.append(
                f"{named(key)} has shape {tuple(tensors[key].shape)}, expected "
                f"{tuple(variable.shape)}"
            )
    unused = {key for key, _ in _unused_head(variables, tensors)}
    problems += [
        f"{key} has no place in the model"
        for key in tensors
        if key not in variables and key not in unused
    ]
    return problems
