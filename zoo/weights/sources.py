"""Where weights come from: one row for each set that can be asked by name."""

import dataclasses
import json
import pathlib
import urllib.parse

from zoo.cards import CARDS
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing
from zoo.preprocessing import cifar10
from zoo.weights import hashing
from zoo.weights.classes import CIFAR10
from zoo.weights.classes import imagenet_names
from zoo.weights.downloading import download
from zoo.weights.downloading import place
from zoo.weights.facts import Facts
from zoo.weights.installed import Distribution

_DATA = pathlib.Path(__file__).parent / "data"
_HUB = "https://huggingface.co/{}/resolve/main/model.safetensors"
# What may be used for some purposes only is never taken by itself.
_RESTRICTED = ("CC-BY-NC-4.0",)


@dataclasses.dataclass(frozen=True)
class WeightsSource:
    """One published set of weights.

    Args:
        model: The variant that it belongs to.
        name: What `weights=` calls it.
        preprocessing: What the weights expect of a picture.
        top1: Accuracy in percent, one view of that size.
        measured_on: Who measured it, and on what.
        top5: The same, or None where nobody published it.
        path: The file, where it lies inside this package.
        distribution: The one of the package index that it comes with.
        url: Where it is fetched from otherwise.
        hub_id: Its place on the Hugging Face Hub, where it has one.
        sha256: Of the whole file, or what is published of it: the first
            8 digits at least.
        md5: Where that is all that was published.
        mebibytes: The size of the file, as published.
        origin: Whose network it is, see `zoo.weights.origins`.
        labels: The classes' names in label order; ImageNet's where None.
        licence: Of the file.
    """

    model: str
    name: str
    preprocessing: Preprocessing
    top1: float | None
    measured_on: str
    top5: float | None = None
    path: pathlib.Path | None = None
    distribution: Distribution | None = None
    url: str | None = None
    hub_id: str | None = None
    sha256: str | None = None
    md5: str | None = None
    mebibytes: float | None = None
    origin: str = "zoo"
    labels: tuple[str, ...] | None = None
    licence: str = "Apache-2.0"

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.labels or imagenet_names()

    @property
    def address(self) -> str:
        """Where it is fetched from, or the page of its distribution."""
        if self.distribution is not None:
            return self.distribution.address
        return self.url or _HUB.format(self.hub_id)

    @property
    def file_name(self) -> str:
        if self.distribution is not None:
            return pathlib.PurePosixPath(self.distribution.member).name
        file = self.path or urllib.parse.urlsplit(self.address).path
        return pathlib.PurePosixPath(file).name

    @property
    def here(self) -> str | None:
        """How it is here already, so that no network is asked.

        `"shipped"` with this package, `"installed"` with another one, or
        `"cached"` since it was fetched; None where it is not here.
        """
        if self.path is not None:
            return "shipped"
        if self.distribution is not None:
            return "installed" if self.distribution.find() else None
        return "cached" if place(self.address).is_file() else None

    @property
    def facts(self) -> Facts:
        """What is known of the weights before the file is read."""
        return Facts(self.origin, self.preprocessing, self.class_names)

    def fetch(self) -> pathlib.Path:
        """Returns the path of the file, fetched if it has to be.

        Raises:
            RequestError: It is not there and cannot be fetched.
            IntegrityError: The server sent something else, or what is
                installed is.
        """
        if self.path is not None:
            return self.path
        if self.distribution is not None:
            return self.distribution.fetch(self.sha256)
        return download(self.address, sha256=self.sha256, md5=self.md5)


# Trained on CIFAR-10 by this project; in the README is how. Model, top-1 on the
# test set, sha256.
_SHIPPED = (
    (
        "efficientnet_cifar",
        83.63,
        "2be4148c29fe81ecc5e738005f14b5a437c10d0da10c437b5bd3dd78a54268a3",
    ),
    (
        "alexnet_cifar",
        81.01,
        "a26ff459af40c28cc9749708cfceb86f6ca8aabaed49b5febee061253654e62f",
    ),
    (
        "resnet20",
        87.05,
        "80147c2683c70eddf63e528b145a616f9d55271ab1ba31159038071541310733",
    ),
)


def _shipped(model: str, top1: float, sha256: str) -> WeightsSource:
    return WeightsSource(
        model=model,
        name="cifar10",
        path=_DATA / f"{model}_cifar10.safetensors",
        sha256=sha256,
        preprocessing=cifar10(),
        labels=CIFAR10,
        top1=top1,
        measured_on="CIFAR-10's test set as JPEG of quality 75",
    )


def _published(
    preprocessing: dict, distribution: dict | None = None, **row
) -> WeightsSource:
    return WeightsSource(
        preprocessing=Preprocessing(**preprocessing),
        distribution=distribution and Distribution(**distribution),
        **row,
    )


def _read_published() -> list[dict]:
    """Reads the rows of what others publish, with the figures as published.

    One row for each set of torchvision, timm and keras.applications for a
    model of this zoo, and for those that can be installed: hashes, sizes,
    accuracies at the preprocessing that stands beside them. A file that two of
    them publish is there once, under the name of who trained it.
    """
    text = (_DATA / "published.json").read_text(encoding="utf-8")
    return json.loads(text)


WEIGHTS: tuple[WeightsSource, ...] = (
    *(_shipped(*row) for row in _SHIPPED),
    *(_published(**row) for row in _read_published()),
)


def weights_of(variant: str) -> tuple[WeightsSource, ...]:
    """Returns the sets that a variant can be asked for by name."""
    return tuple(row for row in WEIGHTS if row.model == variant)


def names_of(variant: str) -> tuple[str, ...]:
    """Returns the names that `weights=` takes for a variant."""
    names = tuple(row.name for row in weights_of(variant))
    return ("imagenet", *names) if best_of(variant) else names


def best_of(variant: str) -> WeightsSource | None:
    """Returns what `weights="imagenet"` means for a variant.

    That with the highest published top-1 at the size that the variant is
    meant for; None where nobody published any. Where others of that size are
    here and this one is not, they are taken first, see `at_hand`.
    """
    return max(_usual(variant), key=lambda row: row.top1, default=None)


def at_hand(variant: str) -> WeightsSource | None:
    """Returns the best of the same sets that are here; None where none is."""
    here = [row for row in _usual(variant) if row.here]
    return max(here, key=lambda row: row.top1, default=None)


def _usual(variant: str) -> list[WeightsSource]:
    """Sets for ImageNet at the variant's own size, or at any other."""
    rows = [
        row
        for row in weights_of(variant)
        if row.name.startswith("imagenet/")
        and row.top1 is not None
        and row.licence not in _RESTRICTED
    ]
    side = CARDS[variant].input_size if variant in CARDS else None
    usual = [row for row in rows if row.preprocessing.image_size == side]
    return usual or rows


def find_source(variant: str, weights: str) -> WeightsSource:
    """Returns the row of `weights` for a variant.

    `"imagenet"` is what is here, and otherwise the best that can be fetched.

    Raises:
        RequestError: There is none; the message says which there are.
    """
    if weights == "imagenet" and best_of(variant):
        return at_hand(variant) or best_of(variant)
    for row in weights_of(variant):
        if row.name == weights:
            return row
    own = [row.name for row in weights_of(variant)]
    raise RequestError(
        f"No weights called {weights!r} are known for {variant!r}. "
        + (f"It has: {', '.join(own)}. " if own else "It has none. ")
        + "Expected None, a name, hf://ORGANISATION/MODEL, or the path of a "
        "weight file. Who has some: zoo.list_models(pretrained=True)."
    )


def packaged_hash(path) -> str | None:
    """Returns what a file of this package hashes to; None for others."""
    hashes = {row.path: row.sha256 for row in WEIGHTS if row.path}
    return hashes.get(pathlib.Path(path))


def source_of_file(variant: str, path) -> WeightsSource | None:
    """Returns the row that a file on the disk is the file of, if any.

    It has to have the name and the hash that were published.
    """
    path = pathlib.Path(path)
    for row in weights_of(variant):
        if row.file_name == path.name and path.is_file():
            wanted = hashing.Hash(row.sha256, row.md5)
            if wanted.is_known and wanted.fits(path):
                return row
    return None
