"""From pictures to logits: what every protocol does with what it has read."""

import asyncio
import os
import time
from collections.abc import Sequence
from concurrent import futures

import numpy as np
from fastapi import Request

from pipelines.serving.bodies import Picture
from pipelines.serving.metrics import Metrics
from pipelines.serving.problems import AskedWrongError
from pipelines.serving.problems import OverloadedError
from pipelines.serving.repository import Loaded
from pipelines.serving.repository import Repository
from pipelines.serving.settings import ServingConfig


class Service:
    """All that answers requests; of one event loop.

    Args:
        config: What the server was asked to do.
    """

    def __init__(self, config: ServingConfig):
        self.config = config
        self.metrics = Metrics()
        self.repository = Repository(config, self.metrics)
        self._inside = 0
        # Decoding leaves Python's lock alone.
        self._reading = futures.ThreadPoolExecutor(
            max(2, os.cpu_count() // config.processes), "reading"
        )

    async def logits(
        self, loaded: Loaded, pictures: Sequence[Picture]
    ) -> np.ndarray:
        """Returns the logits of pictures.

        Args:
            loaded: Of which model.
            pictures: Files' bytes, or pixels, uint8 (height, width, 3).

        Returns:
            float32 (pictures, classes).

        Raises:
            PictureError: One cannot be read; the first is told.
            AskedWrongError: There are none, or too many.
            OverloadedError: Too many wait already.
        """
        found = await self.each(loaded, pictures)
        for each in found:
            if isinstance(each, BaseException):
                raise each
        return np.stack(found)

    async def each(self, loaded: Loaded, pictures: Sequence[Picture]) -> list:
        """Returns of each picture its logits, or what was raised for it.

        Args and errors are those of `logits`.
        """
        count = len(pictures)
        if not 0 < count <= self.config.queue:
            raise AskedWrongError(
                f"The request has {count} pictures. Expected 1 to "
                f"{self.config.queue}."
            )
        if self._inside + count > self.config.queue:
            raise OverloadedError
        self._inside += count
        try:
            return await asyncio.gather(
                *(self._one(loaded, picture) for picture in pictures),
                return_exceptions=True,
            )
        finally:
            self._inside -= count

    async def heat(self, loaded: Loaded, picture: bytes) -> tuple[str, bytes]:
        """Returns a picture's likeliest class, and a PNG of where it is seen.

        Args:
            loaded: By which model, which has maps.
            picture: A file's bytes.

        Raises:
            PictureError: It cannot be read.
            OverloadedError: Too many wait already.
        """
        (logits,) = await self.logits(loaded, [picture])
        label, servable = int(np.argmax(logits)), loaded.servable
        drawn = await asyncio.get_running_loop().run_in_executor(
            self._reading,
            lambda: servable.heat.drawn(servable.reader.read(picture), label),
        )
        return servable.task.class_names[label], drawn

    async def close(self) -> None:
        """Answers what is being asked, and ends."""
        await self.repository.close()
        self._reading.shutdown()

    async def _one(self, loaded: Loaded, picture: Picture) -> np.ndarray:
        loop = asyncio.get_running_loop()
        framed = await loop.run_in_executor(
            self._reading, _read, loaded, picture
        )
        return await loaded.logits(framed)


def service_of(request: Request) -> Service:
    """Returns what answers the requests of an application."""
    return request.app.state.service


def _read(loaded: Loaded, picture: Picture) -> np.ndarray:
    begun = time.perf_counter()
    reader = loaded.servable.reader
    is_file = isinstance(picture, bytes)
    found = reader.read(picture) if is_file else reader.frame(picture)
    loaded.metrics.read(time.perf_counter() - begun)
    return found
