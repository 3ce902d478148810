"""Opening a finished model: first measured, then built, then filled.

A `.keras` file says what is to be built and how large it is. Keras does as it
is told: a layer of 2^24 units behind 64 features allocates more than 4 GiB
before the first weight is read. So what a file says is compared with the arrays
that it really holds before anything is allocated, and whatever is wrong with it
is said in one line.
"""

import contextlib
import math
import pathlib

import keras
from keras.src.backend.common import global_state

from pipelines.runs.places import model_file
from zoo.errors import IntegrityError
from zoo.weights import reading
from zoo.weights.files import variable_names
from zoo.weights.finite import check_finite
from zoo.weights.reading.keras_h5 import archived_shapes
from zoo.weights.reading.metadata import read_config

# Numbers in a configuration that need not be a side of a stored array.
_SMALL = 1 << 14
_NO_SIZES = ("seed", "shared_object_id")
_SHAPES = {"input_shape", "shapes_dict"}
_MAX_LAYERS = 5_000
# Where Keras notes what is still to be allocated.
_HAPPENED = "Exception encountered:"
_DEFERRED = "uninitialized_variables"


def load_model(path):
    """Loads the model of a run.

    Args:
        path: A run folder or a `.keras` file.

    Returns:
        The model, not compiled.

    Raises:
        RequestError: There is no model there.
        IntegrityError: The file is damaged, is no `.keras` file, or asks for
            more than it holds; or a weight is no finite number.
    """
    file = model_file(path)
    _check_kind(file)
    config = read_config(file)
    with reading.guarded(file):
        shapes = archived_shapes(file, _limit(file))
    _check_config(file, config, shapes)
    with _one_line(file):
        model = _outline(file, config, shapes)
        model.load_weights(file)
    check_finite(file, variable_names(model))
    return model


def _check_kind(file: pathlib.Path) -> None:
    with open(file, "rb") as opened:
        is_archive = opened.read(2) == b"PK"
    if file.suffix != ".keras" or not is_archive:
        raise IntegrityError(
            f"{file} is no .keras file, as a run writes it. The weights of a "
            "network are given as `weights`, beside its name as `model`."
        )


def _limit(file: pathlib.Path) -> int:
    """As in `zoo.weights.files.read_weights`."""
    return min(reading.LIMIT, 4 * file.stat().st_size + (1 << 20))


def _check_config(file, config: dict, shapes) -> None:
    """Finds absurd numbers before Keras acts on them."""
    layers = config.get("config")
    layers = layers.get("layers") if isinstance(layers, dict) else None
    if not isinstance(layers, list) or len(layers) > _MAX_LAYERS:
        raise _wrong(file, f"it is no model of at most {_MAX_LAYERS:,} layers")
    for layer in layers:
        built = layer.get("build_config") if isinstance(layer, dict) else None
        # By another one Keras takes a layer for built that never was.
        if built and not (isinstance(built, dict) and _SHAPES & set(built)):
            raise _wrong(file, "a layer's 'build_config' holds no shape")
    stored = {side for shape in shapes for side in shape}
    for name, value in _numbers(config):
        if isinstance(value, float) and not math.isfinite(value):
            raise _wrong(file, f"its {name!r} is {value}")
        if any(word in name for word in _NO_SIZES):
            continue
        if abs(value) > _SMALL and value not in stored:
            raise _wrong(
                file,
                f"its {name!r} is {value:,}, and no array in it has such a "
                "side",
            )


def _numbers(config):
    """Yields every number in a configuration, with the name of its entry."""
    left = [("config", config)]
    while left:
        name, value = left.pop()
        if isinstance(value, dict):
            left += [(str(key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            left += [(name, inner) for inner in value]
        elif isinstance(value, (int, float)):
            yield name, value


def _outline(file, config, shapes):
    """Builds the model, and allocates its weights if the file holds them."""
    deferred = list(global_state.get_global_attribute(_DEFERRED, []))
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = keras.saving.deserialize_keras_object(config)
        if not isinstance(model, keras.Model):
            raise _wrong(file, "it is no model")
        wanted = sorted(tuple(weight.shape) for weight in model.weights)
        if wanted != sorted(shapes):
            raise _wrong(
                file,
                f"it describes {_size(wanted):,} numbers in {len(wanted)} "
                f"arrays, and holds {_size(shapes):,} in {len(shapes)}",
            )
    except BaseException:
        # Keras would allocate them when it next allocates anything.
        global_state.set_global_attribute(_DEFERRED, deferred)
        raise
    with keras.StatelessScope():
        pass  # Leaving it allocates what was deferred.
    return model


def _size(shapes) -> int:
    return sum(map(math.prod, shapes))


@contextlib.contextmanager
def _one_line(file):
    """Whatever Keras raises is about the file."""
    try:
        yield
    except IntegrityError:
        raise
    except Exception as error:
        # Keras puts what happened behind what it thinks of it.
        reason = str(error).rpartition(_HAPPENED)[2].strip().splitlines()
        reason = reason[0][:300] if reason else type(error).__name__
        raise _wrong(file, reason) from error


def _wrong(file, reason: str) -> IntegrityError:
    return IntegrityError(
        f"{file} is damaged or was not made by this zoo: {reason}"
    )
