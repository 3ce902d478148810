"""The models of a server, by name and version, kept up to date.

A run that is trained anew becomes the next version, and a folder of versions
gets what is added to it. The old one answers until the new one is warm, and
whoever it has begun to answer is answered by it.
"""

import asyncio
import contextlib
import dataclasses
import logging
from concurrent import futures

import numpy as np

from pipelines.serving.batching import Batcher
from pipelines.serving.batching import sizes
from pipelines.serving.metrics import Metrics
from pipelines.serving.metrics import ModelMetrics
from pipelines.serving.problems import UnknownModelError
from pipelines.serving.servable import Servable
from pipelines.serving.servable import open_servable
from pipelines.serving.settings import ServingConfig
from pipelines.serving.sources import mark_of
from pipelines.serving.sources import named_sources
from pipelines.serving.sources import versions_of
from zoo.errors import RequestError

_log = logging.getLogger("zoo.serving")
# Seconds between two looks whether a version that leaves is still asked.
_LEAVING = 0.05


@dataclasses.dataclass(eq=False)
class Loaded:
    """A version of a model that answers.

    Args:
        name: Of the model.
        version: Its number.
        servable: What answers.
        batcher: Its queue.
        metrics: What is counted of it.
        mark: What says whether its file is still the same.
        users: How many requests are being answered by it.
    """

    name: str
    version: int
    servable: Servable
    batcher: Batcher
    metrics: ModelMetrics
    mark: tuple
    users: int = 0

    async def logits(self, picture: np.ndarray) -> np.ndarray:
        """Returns the logits of a framed picture, computed among others."""
        return await self.batcher.answer(picture)


class Repository:
    """All models of a server; of its event loop alone.

    Args:
        config: What the server was asked to do.
        metrics: What it counts.
    """

    def __init__(self, config: ServingConfig, metrics: Metrics):
        self._config = config
        self._metrics = metrics
        self._sources = named_sources(config)
        self._models: dict[str, dict[int, Loaded]] = {}
        # Marks of files that could not be opened, so that each is told once.
        self._failed: dict[tuple[str, int], tuple] = {}
        # One batch at a time has the processors.
        self._computing = futures.ThreadPoolExecutor(1, "computing")
        self._leaving: set[asyncio.Task] = set()

    @property
    def names(self) -> list[str]:
        """Of all models, in the order they were given."""
        return list(self._sources)

    @property
    def ready(self) -> bool:
        """Whether every model answers."""
        return all(self._models.get(name) for name in self._sources)

    def versions(self, name: str) -> list[int]:
        """Returns the versions of a model that answer, the newest last.

        Raises:
            UnknownModelError: There is no such model.
        """
        if name not in self._sources:
            raise UnknownModelError(f"There is no model {name!r}.")
        return sorted(self._models.get(name, ()))

    def find(self, name: str, version: str | None = None) -> Loaded:
        """Returns a model.

        Args:
            name: Of the model.
            version: As it was written; None for the newest.

        Raises:
            UnknownModelError: There is none.
        """
        known = self.versions(name)
        if version is None and known:
            return self._models[name][known[-1]]
        if version is None or version not in map(str, known):
            raise UnknownModelError(
                f"The model {name!r} has no version {version or ''} that "
                f"answers. There is: {', '.join(map(str, known)) or 'none'}."
            )
        return self._models[name][int(version)]

    @contextlib.contextmanager
    def using(self, name: str, version: str | None = None):
        """Gives a model that does not leave while the context lasts."""
        loaded = self.find(name, version)
        loaded.users += 1
        try:
            yield loaded
        finally:
            loaded.users -= 1

    async def open(self) -> None:
        """Opens all models.

        Raises:
            RequestError: One cannot be served.
            IntegrityError: A file is damaged.
        """
        for name, path in self._sources.items():
            offered = versions_of(path) or {1: path}
            for version, place in offered.items():
                await self._load(name, version, place, mark_of(place))

    async def look(self) -> None:
        """Looks once whether models have changed, and opens those that have.

        What cannot be opened is told and leaves the old one in its place.
        """
        for name, path in self._sources.items():
            offered = versions_of(path)
            # Within a folder of versions, a number is a version for good.
            for version, place in (offered or {}).items():
                held = self._models[name].get(version)
                await self._renew(name, version, place, held)
            if offered is None:
                held = self.find(name)
                await self._renew(name, held.version + 1, path, held)
                continue
            for version in set(self._models[name]) - set(offered):
                if len(self._models[name]) > 1:
                    self._leave(self._models[name].pop(version))

    async def keep_looking(self) -> None:
        """Looks every now and then, until it is cancelled."""
        while True:
            await asyncio.sleep(self._config.reload_seconds)
            try:
                await self.look()
            # One look that fails must not be the last one.
            except Exception:
                _log.exception("looking for changed models failed")

    async def close(self) -> None:
        """Answers all that wait, and ends."""
        everything = [
            loaded for each in self._models.values() for loaded in each.values()
        ]
        await asyncio.gather(*map(_left, everything), *self._leaving)
        self._computing.shutdown()

    async def _renew(self, name, version, place, held) -> None:
        try:
            mark = mark_of(place)
        except (OSError, RequestError):
            # It is being written, or was taken away: the old one stays.
            return
        if held and mark == held.mark:
            return
        if self._failed.get((name, version)) == mark:
            return
        metrics = self._metrics.of(name)
        try:
            await self._load(name, version, place, mark)
        # Whatever is wrong with the new one, the old one answers.
        except Exception as error:
            self._failed[name, version] = mark
            metrics.reloaded("failed")
            _log.warning("%s, version %d: %s", name, version, error)
            return
        metrics.reloaded("opened")
        if held:
            if held.version != version:
                del self._models[name][held.version]
            self._leave(held)

    async def _load(self, name, version, place, mark) -> None:
        config = self._config

        def open():
            found = open_servable(place, config)
            found.warm_up(sizes(config.largest_batch))
            return found

        servable = await asyncio.to_thread(open)
        metrics = self._metrics.of(name)
        batcher = Batcher(
            servable.logits,
            self._computing,
            largest=config.largest_batch,
            wait=config.longest_wait_ms / 1000,
            metrics=metrics,
        )
        loaded = Loaded(name, version, servable, batcher, metrics, mark)
        self._models.setdefault(name, {})[version] = loaded
        _log.info(
            "serving %s, version %d: %s, computed by %s",
            *(name, version, servable.task.about, servable.engine_name),
        )

    def _leave(self, loaded: Loaded) -> None:
        task = asyncio.create_task(_left(loaded))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _left(loaded: Loaded) -> None:
    while loaded.users:
        await asyncio.sleep(_LEAVING)
    await loaded.batcher.close()
