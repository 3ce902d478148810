"""Several runs that belong together: one folder, one identity.

Whether they may go on is asked as for every run (`pipelines.runs.resuming`):
of settings, classes, devices, and of pictures by their bytes.
"""

import json
import pathlib
from collections.abc import Callable

from pipelines.devices.strategy import check_one_host
from pipelines.devices.strategy import make_strategy
from pipelines.runs.checkpoints import clean
from pipelines.runs.config import RunConfig
from pipelines.runs.moved_data import identity_by_bytes
from pipelines.runs.options import RunOptions
from pipelines.runs.places import SPLIT
from pipelines.runs.places import read_config
from pipelines.runs.resuming import PICTURES
from pipelines.runs.resuming import check_same_run
from pipelines.runs.resuming import identity
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import write_split
from pipelines.tasks.table import kind_of
from pipelines.tasks.task import Task
from pipelines.training.names_asked import check_names
from pipelines.training.opening import choose_splits

_IDENTITY = "identity"


def open_several(
    config: RunConfig,
    options: RunOptions,
    what: str,
    *,
    say=print,
    progress=None,
) -> RunFolder:
    """Returns the folder of several runs, begun now or gone on with.

    Args:
        config: What they have in common; its output is the folder.
        options: Whether those that were begun may be gone on with.
        what: What they are together, such as `folds=3`.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        RequestError: There are others in the folder, or several hosts.
        DataError: The pictures cannot be used.
    """
    check_one_host(options.cluster, what)
    # Each of the runs says it, and this comes before anything is written.
    check_names(config, say=lambda line: None)
    replicas = make_strategy().num_replicas_in_sync
    folder = RunFolder(config.output, resume=options.resume)
    try:
        clean(folder.path)
        splits = choose_splits(config, progress)
        lists_anew = True
        now = identity(config, splits, replicas) | {"runs": what}
        then = _begun(folder)
        if then:
            now = identity_by_bytes(then, now, folder.path, splits)
            inexact = options.allow_inexact
            other = check_same_run(
                then, now, kind=type(config), allow_inexact=inexact, say=say
            )
            listed = (folder.path / SPLIT).exists()
            lists_anew = bool(other & set(PICTURES)) or not listed
        if lists_anew:
            write_split(folder.path, splits)
        folder.write_config({**config.as_dict(), _IDENTITY: now})
    except BaseException:
        folder.release()
        raise
    return folder


def run_each(
    parts: dict[str, RunConfig],
    run: Callable,
    *,
    options: RunOptions,
    say=print,
    progress=None,
) -> list[dict]:
    """Carries runs out, one after another.

    Args:
        parts: What each is asked for, by what it is called.
        run: Carries one out, as `finetune_run` or `train` does.
        options: How; with `resume`, one that is done is not done again.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Returns:
        The metrics of each.
    """
    results = []
    for i, (name, config) in enumerate(parts.items(), start=1):
        number = f"run {i} of {len(parts)}, {name}"
        done = pathlib.Path(config.output) / METRICS
        if options.resume and done.is_file():
            say(f"{number} is done already")
            results.append(json.loads(done.read_bytes()))
            continue
        say(number)
        finished = run(config, options=options, say=say, progress=progress)
        results.append(finished.metrics)
    return results


def task_of_run(folder, config: RunConfig) -> type[Task]:
    """Returns what a run has learned, which its data may have said.

    Args:
        folder: The run's.
        config: Of the same kind as the run's own.
    """
    return kind_of(type(config).from_dict(read_config(folder)))


def _begun(folder: RunFolder) -> dict | None:
    """Returns the identity of the runs that were begun, if any were.

    Of an older version it is none, whose runs each have their own.
    """
    return read_config(folder.path).get(_IDENTITY)
