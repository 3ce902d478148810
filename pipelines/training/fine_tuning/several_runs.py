"""Several runs that belong together: one folder, one identity.

Whether they may go on is asked as for every run (`pipelines.runs.resuming`):
of settings, classes, devices, and of pictures by their bytes.
"""

from pipelines.devices.strategy import check_one_host
from pipelines.devices.strategy import make_strategy
from pipelines.runs.checkpoints import clean
from pipelines.runs.moved_data import identity_by_bytes
from pipelines.runs.options import RunOptions
from pipelines.runs.places import SPLIT
from pipelines.runs.places import read_config
from pipelines.runs.resuming import PICTURES
from pipelines.runs.resuming import check_same_run
from pipelines.runs.resuming import identity
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import write_split
from pipelines.training.config import FinetuneConfig
from pipelines.training.names_asked import check_names
from pipelines.training.opening import choose_splits

_IDENTITY = "identity"


def open_several(
    config: FinetuneConfig,
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


def _begun(folder: RunFolder) -> dict | None:
    """Returns the identity of the runs that were begun, if any were.

    Of an older version it is none, whose runs each have their own.
    """
    return read_config(folder.path).get(_IDENTITY)
