"""A model as one function: decoded pictures of any size in, answers out."""

import dataclasses

import numpy as np
import tensorflow as tf

import zoo
from pipelines.export.formats import LOGITS
from pipelines.export.framing import framed
from pipelines.tasks.table import task_of_model
from zoo.errors import RequestError
from zoo.preprocessing import Preprocessing

# What the parts of the graph are called, so that converters can be told.
FRAMING = "framing"
PIXELS = "pixels"


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """What is written, whatever the format.

    Args:
        model: A model of the zoo.
        answer: What comes out, `"logits"` or `"probabilities"`.
        record: What its pictures are framed by.
        function: A `tf.function`: uint8 `pixels` of shape (pictures, height,
            width, 3) in, a dict of one float32 array (pictures, classes) out.
    """

    model: object
    answer: str
    record: Preprocessing
    function: object

    @property
    def names(self) -> tuple[str, ...]:
        """What the classes are called; by number where nobody has said."""
        known = zoo.class_names(self.model)
        classes = self.model.output_shape[-1]
        return known or tuple(f"class {i}" for i in range(classes))

    def answers(self, shown) -> np.ndarray:
        """Returns what the Keras model says of framed pictures.

        Args:
            shown: uint8 `(pictures, size, size, 3)`.
        """
        logits = self.model(shown, training=False)
        return _OUTPUTS[self.answer](logits, self.model).numpy()


def make_program(model, answer: str = LOGITS) -> Program:
    """Puts evaluation's framing before a model.

    Args:
        model: A model of the zoo that takes RGB pictures.
        answer: As of `Program`.

    Raises:
        RequestError: It takes anything else.

    Example:

    ```python
    import numpy as np
    import zoo
    from pipelines.export.program import make_program
    program = make_program(zoo.create_model("alexnet_cifar"), "probabilities")
    picture = np.zeros((1, 40, 60, 3), "uint8")
    found = program.function(picture)["probabilities"].numpy()
    assert found.shape == (1, 10) and abs(found.sum() - 1) < 1e-5
    ```
    """
    shapes = [tuple(each.shape) for each in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] != 3:
        raise RequestError(
            f"{model.name!r} takes {shapes}. Expected one input of RGB "
            "pictures, (pictures, height, width, 3)."
        )
    record = zoo.preprocessing(model)
    _, height, width, _ = shapes[0]
    if (height or width) and (height, width) != (record.image_size,) * 2:
        raise RequestError(
            f"{model.name!r} takes pictures of {height} x {width}, and its "
            f"record frames them to {record.image_size} x "
            f"{record.image_size}. Expected the same square."
        )
    output = _OUTPUTS[answer]

    def serve(pixels):
        with tf.name_scope(FRAMING):
            shown = framed(pixels, record)
        return {answer: output(model(shown, training=False), model)}

    spec = tf.TensorSpec((None, None, None, 3), tf.uint8, PIXELS)
    function = tf.function(serve, input_signature=[spec])
    return Program(model, answer, record, function)


def _logits(logits, _):
    return tf.identity(logits)


def _probabilities(logits, model):
    several = task_of_model(model).several
    return tf.sigmoid(logits) if several else tf.nn.softmax(logits)


_OUTPUTS = {LOGITS: _logits, "probabilities": _probabilities}
