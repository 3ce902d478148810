"""The same predictor on the machines of a cluster, by Ray Serve.

Ray brings replicas and autoscaling, and adds milliseconds to each answer: it
is for more than one machine can answer. Its own command starts it:

    serve run pipelines.serving.ray_serve:application model=runs/first
"""

import numpy as np

from pipelines.serving.batching import sizes
from pipelines.serving.reading import PictureError
from pipelines.serving.servable import open_servable
from pipelines.serving.settings import ServingConfig
from zoo.errors import RequestError


class Predictor:
    """Answers for pictures, many at once; what a replica holds.

    Args:
        config: What is served: one model.

    Example:

    ```python
    import pathlib, tempfile
    import tensorflow as tf
    import zoo
    from pipelines.serving.ray_serve import Predictor
    from pipelines.serving.settings import ServingConfig
    picture = tf.io.encode_png(tf.zeros((32, 32, 3), tf.uint8)).numpy()
    with tempfile.TemporaryDirectory() as place:
        path = str(pathlib.Path(place, "net.keras"))
        zoo.create_model("alexnet_cifar", weights="cifar10").save(path)
        config = ServingConfig(model=(path,), engine="keras", largest_batch=2)
        good, bad = Predictor(config).answers([picture, b"none"])
    assert good["predictions"][0]["probability"] > 0 and bad["status"] == 415
    ```
    """

    def __init__(self, config: ServingConfig):
        if len(config.model) > 1:
            raise RequestError("A deployment serves one `model`.")
        (path,) = config.model
        self._servable = open_servable(path, config)
        self._servable.warm_up(sizes(config.largest_batch))

    def answers(self, encoded: list[bytes]) -> list[dict]:
        """Returns what is on pictures.

        Args:
            encoded: Their files' bytes.

        Returns:
            Of each `predictions`, or `error` and the `status` of HTTP.
        """
        found: dict[int, dict] = {}
        framed: dict[int, np.ndarray] = {}
        for place, each in enumerate(encoded):
            try:
                framed[place] = self._servable.reader.read(each)
            except PictureError as error:
                found[place] = {"error": str(error), "status": error.status}
        if framed:
            logits = self._servable.logits(np.stack(list(framed.values())))
            for place, row in zip(framed, logits, strict=True):
                told = self._servable.task.answers(row, None)
                said = [guess.as_json() for guess in told]
                found[place] = {"predictions": said}
        return [found[place] for place in range(len(encoded))]


def deployment(config: ServingConfig, **options):
    """Returns an application of Ray Serve that takes a picture as the body.

    Args:
        config: What is served; its batches become those of `serve.batch`.
        **options: Of `ray.serve.deployment`, such as `num_replicas` or
            `autoscaling_config`.

    Returns:
        What `ray.serve.run` takes.
    """
    from ray import serve
    from starlette.responses import JSONResponse

    @serve.deployment(**options)
    class Classifier:
        def __init__(self, text: str):
            self._predictor = Predictor(ServingConfig.of_json(text))

        @serve.batch(
            max_batch_size=config.largest_batch,
            batch_wait_timeout_s=config.longest_wait_ms / 1000,
        )
        async def _answers(self, encoded: list[bytes]) -> list[dict]:
            return self._predictor.answers(encoded)

        async def __call__(self, request):
            body = await request.body()
            if len(body) > config.most_bytes:
                return JSONResponse({"error": "The body is too long."}, 413)
            found = await self._answers(body)
            return JSONResponse(found, found.get("status", 200))

    return Classifier.bind(config.as_json())


def application(said: dict[str, str]):
    """Returns what Ray's command `serve run` runs.

    Args:
        said: The words behind it: `model`, and where wanted `weights`,
            `engine` and `replicas`, a number or `auto` for as many as the
            load asks for.

    Raises:
        RequestError: A word is none of these.
    """
    words = dict(said)
    replicas = words.pop("replicas", "1")
    odd = set(words) - {"model", "weights", "engine"}
    if odd or "model" not in words:
        raise RequestError(
            "Expected model=FOLDER, and weights, engine or replicas. "
            f"Received: {', '.join(said) or 'nothing'}"
        )
    config = ServingConfig(**words | {"model": (words["model"],)})
    count = int(replicas) if replicas.isdecimal() else replicas
    return deployment(config, num_replicas=count)
