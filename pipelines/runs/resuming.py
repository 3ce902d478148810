"""Whether a run may go on from a checkpoint: is it the same run?"""

import dataclasses
import hashlib
import json
from collections.abc import Callable

from pipelines.data.examples import Splits
from pipelines.data.orientations import IGNORE
from pipelines.runs.config import RunConfig
from pipelines.runs.run_folder import provenance
from pipelines.runs.settings import default_of
from zoo.errors import RequestError

# What `allow_inexact` can do, for people.
GOES_ON_WITH = (
    "other pictures, devices, rates, lengths, sizes and augmentation, not "
    "with another network, task or optimizer or other classes, and neither "
    "takes `ema` up nor leaves it, nor float16, nor sgd's momentum"
)
_DECIDED_NOW = ("optimizer",)
# What was always so before there was a choice.
_BEFORE = {"orientation": IGNORE}
# What is compared beside settings and pictures; `runs` is what several have
# in common.
_SIDES = ("classes", "devices", "runs")
# What a state is of; of some settings, one value alone has another state.
_OF_THE_STATE = ("model", "task", "optimizer", "probe", "classes", "runs")
_IN_PART = {"ema": None, "precision": "float16", "momentum": 0.0}
# Those that keep no velocity without momentum; others keep what they keep.
WITH_VELOCITY = ("sgd", "momentum", "lars")
# What is meant where nothing is said.
_MEANT = {"task": "classification"}
PICTURES = ("training pictures", "pictures to judge by")
# What may change without changing what is computed.
_FREE = (
    "output",
    "checkpoint_steps",
    "profile_steps",
    "scalar_steps",
    "maps",
    # It says what is refused, and pictures of one size are enlarged alike.
    "upscale",
)


def identity(config: RunConfig, splits: Splits, replicas: int) -> dict:
    """Returns what two runs must have in common to be one.

    Args:
        config: With all defaults filled in.
        splits: The pictures.
        replicas: Devices that share a batch.
    """
    settings = config.as_dict()
    return {
        "settings": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in settings.items()
            if name not in _FREE
        },
        "classes": list(splits.train.class_names),
        PICTURES[0]: _digest(splits.train),
        PICTURES[1]: _digest(splits.validation),
        "devices": replicas,
        **provenance(),
    }


def check_same_run(
    then: dict,
    now: dict,
    *,
    kind: type[RunConfig],
    allow_inexact: bool,
    say: Callable[[str], None] = print,
) -> set[str]:
    """Refuses to go on with another run than the one that was begun.

    Args:
        then: What `identity` returned for the run that was begun.
        now: What it returns for this one.
        kind: Of the configuration: what an older version did not know yet
            counts as its default.
        allow_inexact: Whether to say what differs and go on, where the state
            fits.
        say: Told what differs.

    Returns:
        The names of what differs.

    Raises:
        RequestError: Something differs that changes what is computed, or
            that no state can be taken over.
    """
    then = {**then, "settings": _as_now(then["settings"], kind)}
    found = list(_differences(then, now))
    _tell_libraries(then, now, say)
    if not found:
        return set()
    listed = "; ".join(map(str, found))
    lost = "; ".join(str(each) for each in found if each.is_of_the_state)
    if lost:
        raise RequestError(
            f"The run in this folder was begun otherwise: {listed}. Its state "
            f"cannot be taken over with {lost}: `allow_inexact` goes on with "
            f"{GOES_ON_WITH}. Give the same settings to go on, or another "
            "`output` to begin anew."
        )
    if not allow_inexact:
        raise RequestError(
            f"The run in this folder was begun otherwise: {listed}. Give the "
            "same settings to go on, `allow_inexact` to go on with these, or "
            "another `output` to begin anew."
        )
    say(f"going on as another run, as asked: {listed}")
    return {each.what for each in found}


def _tell_libraries(then: dict, now: dict, say) -> None:
    libraries = [
        f"{name} {then['versions'].get(name)} then, {version} now"
        for name, version in now["versions"].items()
        if then["versions"].get(name) != version
    ]
    if then["commit"] != now["commit"]:
        libraries.append("another commit of this project")
    if libraries:
        say(f"going on, perhaps not to the bit: {'; '.join(libraries)}")


def _as_now(then: dict, kind: type[RunConfig]) -> dict:
    """Writes an older version's settings as this one would."""
    # What fine-tuning decides by the network now was the same for all.
    general = {name: default_of(RunConfig, name) for name in _DECIDED_NOW}
    # Which folder it is does not matter, but every run has one.
    settings = {"output": "", **general, **_BEFORE, **then}
    return _as_json(kind.from_dict(settings).as_dict())


def _as_json(values: dict) -> dict:
    return json.loads(json.dumps(values))


@dataclasses.dataclass(frozen=True)
class _Difference:
    what: str
    then: object
    now: object
    optimizer: str | None = None

    def __str__(self) -> str:
        name = f"`{self.what}`" if self.what.isidentifier() else self.what
        if self.what in _SIDES:
            name = self.what
        return f"{name} ({self.then} then, {self.now} now)"

    @property
    def is_of_the_state(self) -> bool:
        """Whether a state of then has no place in a run of now."""
        if self.what not in _IN_PART:
            return self.what in _OF_THE_STATE
        if self.what == "momentum" and self.optimizer not in WITH_VELOCITY:
            return False
        return _IN_PART[self.what] in (self.then, self.now)


def _differences(then: dict, now: dict):
    settings = then["settings"]
    for name, value in now["settings"].items():
        before, usual = settings.get(name), _MEANT.get(name)
        both = [usual if each is None else each for each in (before, value)]
        if both[0] != both[1]:
            yield _Difference(name, before, value, settings.get("optimizer"))
    for what in _SIDES:
        if then.get(what) != now.get(what):
            yield _Difference(what, then.get(what), now.get(what))
    for what in PICTURES:
        before, after = then[what], now[what]
        if before != after:
            yield _Difference(what, _short(before), _short(after))


def _short(digest: dict) -> str:
    return f"{digest['count']} with the digest {digest['sha256'][:12]}"


def _digest(examples) -> dict:
    """Of names and labels, and of the contents where a manifest has them."""
    total = hashlib.sha256(examples.labels.tobytes())
    if examples.sha256 is not None:
        total.update(examples.sha256.tobytes())
    else:
        for name in examples.names:
            total.update(str(name).encode(errors="surrogateescape") + b"\0")
    return {"count": len(examples), "sha256": total.hexdigest()}
