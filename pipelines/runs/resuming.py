"""Whether a run may go on from a checkpoint: is it the same run?"""

import hashlib
import json
from collections.abc import Callable

from pipelines.data.examples import Splits
from pipelines.data.orientations import IGNORE
from pipelines.runs.config import RunConfig
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.run_folder import provenance
from pipelines.runs.settings import default_of
from zoo.errors import RequestError

_DECIDED_NOW = ("optimizer",)
# What was always so before there was a choice.
_BEFORE = {"orientation": IGNORE}
# What may change without changing what is computed.
_FREE = ("output", "checkpoint_steps", "profile_steps", "scalar_steps")


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
        "training pictures": _digest(splits.train),
        "pictures to judge by": _digest(splits.validation),
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
) -> None:
    """Refuses to go on with another run than the one that was begun.

    Args:
        then: What `identity` returned for the run that was begun.
        now: What it returns for this one.
        kind: Of the configuration: what an older version did not know yet
            counts as its default.
        allow_inexact: Whether to say what differs and go on.
        say: Told what differs.

    Raises:
        RequestError: Something differs that changes what is computed.
    """
    other = [
        f"{what} ({before} then, {after} now)"
        for what, before, after in _differences(
            {**then, "settings": _as_now(then["settings"], kind)}, now
        )
    ]
    libraries = [
        f"{name} {then['versions'].get(name)} then, {version} now"
        for name, version in now["versions"].items()
        if then["versions"].get(name) != version
    ]
    if then["commit"] != now["commit"]:
        libraries.append("another commit of this project")
    if libraries:
        say(f"going on, perhaps not to the bit: {'; '.join(libraries)}")
    if not other:
        return
    if allow_inexact:
        say(f"going on as another run, as asked: {'; '.join(other)}")
        return
    raise RequestError(
        f"The run in this folder was begun otherwise: {'; '.join(other)}. "
        "Give the same settings to go on, `allow_inexact` to go on with "
        "these, or another `output` to begin anew."
    )


def several_runs(config: RunConfig, options: RunOptions, **more) -> RunFolder:
    """Returns the folder of several runs that belong together.

    Args:
        config: What they have in common; its output is the folder.
        options: Whether one that was not finished may be gone on with.
        more: What else they have in common.

    Raises:
        RequestError: There are others in the folder.
    """
    folder = RunFolder(config.output, resume=options.resume)
    wanted = _as_json({**config.as_dict(), **more})
    begun = folder.path / CONFIG
    if begun.is_file():
        held = json.loads(begun.read_bytes())
        then = held | _as_now(held, type(config))
        other = [n for n, v in wanted.items() if then.get(n) != v]
        if other and not options.allow_inexact:
            folder.release()
            raise RequestError(
                f"The runs in this folder were begun otherwise: `{other[0]}` "
                f"was {then.get(other[0])}, now {wanted[other[0]]}. Give the "
                "same settings to go on, or another `output` to begin anew."
            )
    folder.write_config(wanted)
    return folder


def _as_now(then: dict, kind: type[RunConfig]) -> dict:
    """Writes an older version's settings as this one would."""
    # What fine-tuning decides by the network now was the same for all.
    general = {name: default_of(RunConfig, name) for name in _DECIDED_NOW}
    # Which folder it is does not matter, but every run has one.
    settings = {"output": "", **general, **_BEFORE, **then}
    return _as_json(kind.from_dict(settings).as_dict())


def _as_json(values: dict) -> dict:
    return json.loads(json.dumps(values))


def _differences(then: dict, now: dict):
    settings = then["settings"]
    for name, value in now["settings"].items():
        if settings.get(name) != value:
            yield f"`{name}`", settings.get(name), value
    for what in ("classes", "devices"):
        if then[what] != now[what]:
            yield what, then[what], now[what]
    for what in ("training pictures", "pictures to judge by"):
        before, after = then[what], now[what]
        if before != after:
            yield what, _short(before), _short(after)


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
