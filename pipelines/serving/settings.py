"""What a server is asked to do. Pure Python: wrong words are told at once."""

import dataclasses
import json
import os

from pipelines.data.orientations import ORIENTATION_HELP
from pipelines.data.orientations import ORIENTATIONS
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import check
from pipelines.runs.settings import documented
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from zoo.errors import RequestError

ENGINES = ("keras", "litert", "onnx", "openvino")
_SERVED = "What is served"
_WHERE = "Where it listens"
_HOW = "How it is computed"
_LIMITS = "What it takes, and from whom"


@documented
@dataclasses.dataclass(frozen=True, kw_only=True)
class ServingConfig:
    """What `serve` is asked to do.

    Raises:
        RequestError: A value is out of its range.
    """

    model: tuple[str, ...] = required(
        "Models that have learned, between commas: a run's folder, a .keras "
        "file, a folder that export or quantize wrote, a network's name with "
        "`weights`, or a folder whose sub-folders 1, 2, … are versions. "
        "NAME=FOLDER says what one is called; else it is the folder's name.",
        group=_SERVED,
        common=True,
    )
    weights: str | None = row(
        None,
        "Which weights, where `model` is one network's name.",
        group=_SERVED,
        common=True,
    )
    orientation: str | None = row(
        None,
        ORIENTATION_HELP,
        group=_SERVED,
        choices=ORIENTATIONS,
        usual="what each run learned with; else upright",
    )
    reload_seconds: float = row(
        5.0,
        "How often it is looked whether a run was trained anew, or a version "
        "added; 0 for never.",
        group=_SERVED,
        low=0,
        common=True,
    )
    host: str = row(
        "127.0.0.1",
        "The address that is listened on; 0.0.0.0 is every one that this "
        "machine has, for others to reach.",
        group=_WHERE,
        common=True,
    )
    port: int = row(
        8000,
        "The port; 0 takes a free one and says which.",
        group=_WHERE,
        low=0,
        high=65535,
        common=True,
    )
    processes: int = row(
        1,
        "So many servers share the port, each with models of its own.",
        group=_WHERE,
        low=1,
        high=64,
        common=True,
    )
    engine: str = row(
        AUTO,
        "What computes: Keras's own compiled function, or another runtime that "
        "the network is converted for when it is opened. An exported folder "
        "brings its own.",
        group=_HOW,
        choices=(AUTO, *ENGINES),
        usual="auto: the quickest of those that are installed, as timed",
        common=True,
    )
    largest_batch: int = row(
        16,
        "At most so many pictures are computed at once.",
        group=_HOW,
        low=1,
        high=1024,
        common=True,
    )
    longest_wait_ms: float = row(
        2.0,
        "How long a picture waits for others to be computed with, in "
        "milliseconds.",
        group=_HOW,
        low=0,
        high=10_000,
        common=True,
    )
    threads: int | None = row(
        None,
        "How many processor threads an engine computes with; keras has those "
        "of TensorFlow.",
        group=_HOW,
        low=1,
        usual="all processors, divided by `processes`",
    )
    queue: int = row(
        512,
        "So many pictures may wait; further ones are answered 503.",
        group=_LIMITS,
        low=1,
        common=True,
    )
    megabytes: float = row(
        10.0,
        "The largest request, in MiB; longer ones are cut off (413).",
        group=_LIMITS,
        above=0,
        high=1024,
        common=True,
    )
    megapixels: float = row(
        25.0,
        "The largest picture, in millions of pixels (422).",
        group=_LIMITS,
        above=0,
        high=1000,
        common=True,
    )
    held_megabytes: float = row(
        256.0,
        "Requests that are being read hold at most so many MiB together; "
        "further ones are answered 503.",
        group=_LIMITS,
        above=0,
    )
    sending_seconds: float = row(
        20.0,
        "How long a client may take to send a request (408).",
        group=_LIMITS,
        above=0,
        high=3600,
    )
    finishing_seconds: int = row(
        30,
        "How long what is in flight may take to be answered once the server "
        "is told to end.",
        group=_LIMITS,
        low=1,
        high=3600,
    )
    token_file: str | None = row(
        None,
        "A file with a secret in its first line: whoever asks has to send it "
        "as a bearer token. Health and metrics need none.",
        group=_LIMITS,
        common=True,
    )

    def __post_init__(self):
        # From JSON it is a list.
        object.__setattr__(self, "model", tuple(self.model))
        check(self)
        if self.weights and len(self.model) > 1:
            raise RequestError(
                "`weights` is for one network's name, and `model` names "
                f"{len(self.model)}. Serve it by itself, or save it to a "
                "folder first."
            )
        if self.held_megabytes < self.megabytes:
            raise RequestError(
                f"`held_megabytes={self.held_megabytes:g}` is less than one "
                f"request may have (`megabytes={self.megabytes:g}`)."
            )

    @property
    def most_bytes(self) -> int:
        """Of one request."""
        return int(self.megabytes * 2**20)

    @property
    def threads_of_each(self) -> int:
        """How many threads an engine of one process computes with."""
        return self.threads or max(1, (os.cpu_count() or 1) // self.processes)

    def as_json(self) -> str:
        """Writes it for another process."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "ServingConfig":
        """Reads what `as_json` wrote.

        Example:

        ```python
        from pipelines.serving.settings import ServingConfig
        config = ServingConfig(model=("flowers=runs/first",), port=0)
        assert ServingConfig.of_json(config.as_json()) == config
        ```
        """
        return cls(**json.loads(text))
