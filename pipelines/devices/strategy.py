"""Where a run computes: one device, several, or several hosts as one."""

import dataclasses
import functools
import json
import os
import pathlib

import tensorflow as tf

from zoo.errors import RequestError

# As the Linux kernel calls them.
_BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})
_PROCESSOR = pathlib.Path("/proc/cpuinfo")
# Letters of what a variable holds, in an error.
_SHOWN = 100
CLUSTERS = ("none", "auto", "tf_config", "slurm")


@dataclasses.dataclass(frozen=True)
class Workers:
    """The processes of a run, one a host.

    Args:
        index: Which one this is, from 0; the first one is the chief, which
            writes for all.
        count: How many there are.
    """

    index: int = 0
    count: int = 1

    @property
    def is_chief(self) -> bool:
        return self.index == 0


@functools.cache
def make_strategy(cluster: str = "none") -> tf.distribute.Strategy:
    """Returns the strategy for the devices there are.

    `MultiWorkerMirroredStrategy` over the hosts of a cluster,
    `MirroredStrategy` over the GPUs of one, or none where one device is all.
    Logical CPU devices count where there is no GPU, so that a machine
    without one can show what several do. A process has one strategy: the
    collective operations of two would be mistaken for each other.

    Args:
        cluster: `none`; `tf_config` or `slurm` for the resolvers of
            TensorFlow; `auto` to see whether TF_CONFIG or
            Slurm's variables name more than one process.

    Raises:
        RequestError: There is no such cluster here.
    """
    resolver = _resolver(cluster)
    if resolver is not None:
        return tf.distribute.MultiWorkerMirroredStrategy(
            cluster_resolver=resolver
        )
    devices = tf.config.list_logical_devices("GPU")
    if not devices:
        devices = tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def _resolver(cluster: str):
    resolvers = tf.distribute.cluster_resolver
    if cluster == "auto":
        cluster = _found_around()
    if cluster == "none":
        return None
    try:
        if cluster == "tf_config":
            os.environ["TF_CONFIG"]
            _processes_of_tf_config()
            return _with_this_process(resolvers.TFConfigClusterResolver())
        if cluster == "slurm":
            return _with_this_process(resolvers.SlurmClusterResolver())
    except RequestError:
        raise
    # Of what both read only while they are asked, they check nothing.
    except (
        *(LookupError, RuntimeError, ValueError, TypeError, AttributeError),
        OSError,
    ) as error:
        raise RequestError(
            f"`cluster={cluster}` finds no cluster around this process: "
            f"{_shortened(error)}. docs/long_runs.md shows how one is started."
        ) from error
    raise RequestError(
        f"`cluster` is one of {', '.join(CLUSTERS)}. Received: {cluster}"
    )


def _with_this_process(resolver):
    """Returns a resolver that can tell which of its processes this is.

    Raises:
        ValueError: It cannot.
    """
    tasks = resolver.cluster_spec().as_dict()
    kind, index = resolver.task_type, resolver.task_id
    own = range(len(tasks.get(kind, ())))
    if sum(map(len, tasks.values())) > 1 and index not in own:
        counts = ", ".join(f"{len(tasks[name])} {name}" for name in tasks)
        raise ValueError(
            f"this is process {kind} {index}, and those of the cluster are "
            f"{counts}, from 0"
        )
    return resolver


def check_one_host(cluster: str, what: str) -> None:
    """Refuses several hosts where one is all that is used.

    Args:
        cluster: As of `make_strategy`.
        what: What uses one host only: a setting.

    Raises:
        RequestError: There are several.
    """
    if cluster == "auto":
        cluster = _found_around()
    if cluster != "none":
        raise RequestError(
            f"`{what}` uses one host, and `cluster={cluster}` means several. "
            "Give `cluster=none`, on one of them."
        )


def _found_around() -> str:
    """Returns the kind of cluster that the environment speaks of."""
    if _processes_of_tf_config() > 1:
        return "tf_config"
    tasks = os.environ.get("SLURM_STEP_NUM_TASKS") or "1"
    if not tasks.isdecimal():
        raise RequestError(
            "The variable SLURM_STEP_NUM_TASKS holds no whole number: "
            f"{tasks!r}. Let srun set it, or give `cluster=none`."
        )
    return "slurm" if int(tasks) > 1 else "none"


def _processes_of_tf_config() -> int:
    text = os.environ.get("TF_CONFIG") or "{}"
    try:
        cluster = json.loads(text).get("cluster", {})
        return sum(len(_checked_addresses(each)) for each in cluster.values())
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RequestError(
            "The variable TF_CONFIG is no JSON of a cluster "
            f"({_shortened(error)}): expected "
            '{"cluster": {"worker": ["HOST:PORT", …]}, "task": {"type": '
            f'"worker", "index": 0}}}}, received {_shortened(text)!r}. Correct '
            "it, or give `cluster=none`."
        ) from error


def _checked_addresses(addresses) -> list | dict:
    # TensorFlow takes both, but a word would be a host for each letter.
    if not isinstance(addresses, (list, dict)):
        raise TypeError(f"{addresses!r} is no list of addresses")
    return addresses


def _shortened(said) -> str:
    return " ".join(str(said).split())[:_SHOWN]


def workers_of(strategy: tf.distribute.Strategy) -> Workers:
    """Returns which process of how many this is."""
    resolver = strategy.cluster_resolver
    if resolver is None:
        return Workers()
    tasks = resolver.cluster_spec().as_dict()
    chiefs = len(tasks.get("chief", ()))
    count = chiefs + len(tasks.get("worker", ()))
    if count < 2:
        return Workers()
    first = 0 if resolver.task_type == "chief" else chiefs
    return Workers(first + resolver.task_id, count)


def distribute(strategy: tf.distribute.Strategy, dataset, batch_size: int):
    """Deals a worker's batches out to its devices, consecutive parts each.

    Args:
        strategy: Where it computes.
        dataset: Yields this worker's part of each global batch.
        batch_size: Of a global batch, over all devices.
    """
    part = batch_size // strategy.num_replicas_in_sync
    here = strategy.num_replicas_in_sync // workers_of(strategy).count
    if here == 1:
        return strategy.distribute_datasets_from_function(lambda _: dataset)
    return strategy.distribute_datasets_from_function(
        lambda _: dataset.rebatch(part)
    )


def check_agreement(strategy: tf.distribute.Strategy, step: int) -> None:
    """Refuses to go on from steps that differ between workers.

    Raises:
        RequestError: They do; the workers do not see the same folder.
    """
    if workers_of(strategy).count == 1:
        return
    replicas = strategy.num_replicas_in_sync

    @tf.function(autograph=False)
    def add_up(values):
        values = strategy.run(tf.identity, args=(values,))
        return strategy.reduce("SUM", values, axis=None)

    values = tf.constant([step, step * step], tf.int64)
    total, squares = add_up(values).numpy()
    if total != replicas * step or squares != replicas * step * step:
        raise RequestError(
            f"This worker would go on from step {step}, others from another "
            "one. All workers need the same `output`, in a folder that they "
            "share."
        )


def describe_devices(strategy: tf.distribute.Strategy) -> str:
    """Says how many devices compute, and of which kind."""
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    workers = workers_of(strategy)
    hosts = ""
    if workers.count > 1:
        hosts = f", worker {workers.index + 1} of {workers.count}"
    return f"{strategy.num_replicas_in_sync} {kind} device(s){hosts}"


def check_batch(
    batch_size: int, strategy: tf.distribute.Strategy, accumulate: int = 1
) -> None:
    """Refuses a global batch that the devices cannot share evenly.

    Args:
        batch_size: Of a global batch.
        strategy: Where it computes.
        accumulate: Parts into which each device cuts its share.

    Raises:
        RequestError: It is not a multiple of the number of parts.
    """
    parts = strategy.num_replicas_in_sync * accumulate
    if batch_size < 1 or batch_size % parts:
        cut = f" in {accumulate} parts each" if accumulate > 1 else ""
        raise RequestError(
            f"`global_batch_size={batch_size}` cannot be shared evenly by "
            f"{strategy.num_replicas_in_sync} devices{cut}. Give a multiple "
            f"of {parts}."
        )


def quick_precision() -> str:
    """Returns the precision that the devices train fastest in.

    bfloat16 has hardware of its own in GPUs from compute capability 8.0 on
    and in processors with AMX or AVX512-BF16; elsewhere it is converted to
    and fro.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        new = all(
            each.get("compute_capability", (0,))[0] >= 8 for each in details
        )
        return "bfloat16" if new else "float32"
    known = _PROCESSOR.is_file()
    flags = _PROCESSOR.read_text().split() if known else ()
    return "float32" if _BFLOAT16.isdisjoint(flags) else "bfloat16"
