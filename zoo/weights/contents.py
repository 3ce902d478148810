"""What a weight file turns out to hold, and whose network it is for."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator
from collections.abc import Mapping

import numpy as np

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.stages import stage_name
from zoo.weights import translation
from zoo.weights.facts import Facts
from zoo.weights.file_metadata import parse
from zoo.weights.files import read_weights
from zoo.weights.origins import OWN
from zoo.weights.origins import Origin
from zoo.weights.origins import canonical
from zoo.weights.origins import find_origin
from zoo.weights.origins import origins_of
from zoo.weights.reading.metadata import read_metadata

# What training scripts put before every name.
_WRAPPERS = ("module.", "_orig_mod.")
HEAD = ("head_logits/kernel", "head_logits/bias")


@dataclasses.dataclass(frozen=True)
class Contents:
    """Tensors, and what is known about them.

    Args:
        where: The file, for messages.
        tensors: By the names in the file.
        facts: What the file says about itself.
        tables: How its names may translate; empty where they are our own.
    """

    where: str
    tensors: Mapping[str, np.ndarray]
    facts: Facts
    tables: tuple[translation.Table, ...] = ()

    @property
    def classes(self) -> int | None:
        """The number of classes in the file, None where it has no head."""
        for bias in self._biases():
            if bias is not None and bias.ndim == 1:
                return len(bias)
        return None

    def _biases(self) -> Iterator[np.ndarray | None]:
        """What may be the head's bias, by one name after another."""
        if not self.tables:
            yield self.tensors.get(HEAD[1])
            yield self.tensors.get("head_logits/1")
        for table in self.tables:
            name = table.rows([HEAD[1]])[0].theirs
            yield self.tensors.get(name)
            # Keras's files may only number it. Where one is damaged, the
            # loading says how.
            with contextlib.suppress(ValueError):
                yield table.prepare(self.tensors).get(name)

    @property
    def pixels(self) -> tuple | None:
        """Mean and standard deviation, where the tensors hold them."""
        found = (table.pixels(self.tensors) for table in self.tables)
        return next((pixels for pixels in found if pixels), None)


def open_weights(
    source,
    *,
    sha256: str | None = None,
    expected_bytes: int | None = None,
    names: frozenset[str] = frozenset(),
) -> Contents:
    """Reads a weight file and finds out whose names its tensors have.

    Args:
        source: The path of a file of any format, or tensors by name.
        sha256: What the whole file must hash to, where known.
        expected_bytes: What the tensors take in memory at most.
        names: Those of the model's own weights, where it is there already.

    Raises:
        RequestError: There is no such file, or it is of another format.
        IntegrityError: The file is damaged, or its tensors are called as
            those of no library that is known.
    """
    if isinstance(source, (str, pathlib.Path)):
        where = str(source)
        tensors = read_weights(source, sha256, expected_bytes)
        facts = parse(read_metadata(source), source)
    else:
        where, facts = "the dict of tensors", Facts()
        tensors = {name: np.asarray(value) for name, value in source.items()}
    for wrapper in _WRAPPERS:
        if tensors and all(name.startswith(wrapper) for name in tensors):
            tensors = {
                name.removeprefix(wrapper): tensor
                for name, tensor in tensors.items()
            }
    ours = [name for name in tensors if stage_name(name) and "/" in name]
    if 2 * len(ours) >= len(tensors) or names == set(tensors):
        return _checked(Contents(where, tensors, facts))
    tables = translation.recognise(tensors)
    if not tables:
        raise IntegrityError(
            f"{where} holds tensors as no network of this zoo has them: "
            f"{_some(tensors)}. Expected the names of this zoo (such as "
            "stem_conv/kernel), of torchvision, timm or Keras."
        )
    return Contents(where, tensors, facts, tables)


def _checked(contents: Contents) -> Contents:
    """What a file says of its classes has to fit its head."""
    classes, facts = contents.classes, contents.facts
    for said, values in (
        ("names of classes", facts.class_names),
        ("thresholds of classes", facts.thresholds),
        ("scales of classes", _by_class(facts.scaling)),
    ):
        if values and classes is not None and len(values) != classes:
            raise IntegrityError(
                f"The weight file {contents.where} is damaged: it holds "
                f"{len(values)} {said}, and its head has {classes} classes."
            )
    return contents


def _by_class(scaling) -> tuple[float, ...]:
    """Returns the scales of classes; one for all is of any number."""
    return scaling.scale if scaling and len(scaling.scale) > 1 else ()


def _some(names) -> str:
    names = list(names)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(name[:100] for name in names[:5]) + more


def choose_origin(
    contents: Contents,
    variant: str,
    said: str | None = None,
    built: str = OWN.name,
) -> Origin:
    """Decides whose network the weights are for.

    Args:
        contents: The weights.
        variant: The model's name in the zoo.
        said: What a person says, such as `"timm/tf_efficientnet_b3"`.
        built: What the model was built for, if it is there already.

    Raises:
        RequestError: The names of the tensors cannot tell, or contradict
            what was said.
        IntegrityError: They are those of another network.
    """
    said = canonical(said) if said else None
    if not contents.tables:
        noted = contents.facts.origin
        if said and noted and said != noted:
            raise RequestError(
                f"{contents.where} says that it is for the network of "
                f"{noted!r}, not of {said!r}."
            )
        return find_origin(noted or said or built, variant)
    libraries = {table.library for table in contents.tables}
    known = {
        name: origin
        for name, origin in origins_of(variant).items()
        if libraries & {name, origin.library}
    }
    if said is not None:
        wanted = find_origin(said, variant)
        if said not in known:
            raise RequestError(
                f"{contents.where} has the tensor names of "
                f"{_kinds(contents)}, not of `origin={said}`."
            )
        return wanted
    if built in known:
        return known[built]
    if not known:
        raise IntegrityError(
            f"{contents.where} holds {_kinds(contents)}; expected weights of "
            f"{variant!r}, as {', '.join(origins_of(variant)) or 'this zoo'} "
            "publishes them."
        )
    first = next(iter(known.values()))
    if not all(first.builds_like(other) for other in known.values()):
        raise RequestError(
            f"The names in {contents.where} do not tell how {variant!r} has "
            f"to be built: it may be of {' or '.join(known)}. Say it: "
            + " or ".join(f"`origin={name}`" for name in known)
            + "."
        )
    return first


def _kinds(contents) -> str:
    kinds = sorted(
        {f"{table.family} of {table.library}" for table in contents.tables}
    )
    return " or ".join(kinds)
