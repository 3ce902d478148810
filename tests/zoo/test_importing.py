"""`import zoo` is quick, and everything is there when it is asked for."""

import inspect
import os
import subprocess
import sys

import keras
import pytest

import zoo
import zoo.preprocessing as preprocessing_module
import zoo.stages as stages_module
from zoo.blocks import pixel_input
from zoo.importing import late_names
from zoo.layers import Logits
from zoo.preprocessing import cifar10
from zoo.preprocessing import preprocessing
from zoo.stages import stages

_LATE = ("keras", "tensorflow", "jax", "h5py", "numpy", "safetensors")

_WORDS = f"""
import sys

import zoo
from zoo.weights import check_weights
from zoo.weights import find_source
from zoo.weights import hub
from zoo.weights.atomic import write_atomically
from zoo.weights.origins import find_origin

assert len(zoo.list_models(pretrained=True)) > 30
assert zoo.model_info("resnet50").weights[0] == "imagenet"
check_weights("resnet50", "imagenet")
check_weights("resnet50", "hf://timm/resnet50.a1_in1k")
find_origin(find_source("resnet50", "imagenet").origin, "resnet50")
found = [name for name in {_LATE!r} if name in sys.modules]
if found:
    raise SystemExit(f"imported: {{found}}")
"""

_NAMES = """
import zoo
import zoo.weights

assert zoo.alexnet.VARIANTS["alexnet_owt"].classes == 1000
from zoo import *
from zoo.weights import *

for package in (zoo, zoo.weights):
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert globals()[name] is getattr(package, name), name
"""

_LOADING = """
import sys

{imports}

import keras

if keras.backend.backend() != sys.argv[2]:
    raise SystemExit(keras.backend.backend())
model = keras.models.load_model(sys.argv[1])
if model.output_shape != (None, 3):
    raise SystemExit(model.output_shape)
"""


def run(program, *words, backend="tensorflow"):
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
            "CUDA_VISIBLE_DEVICES": "-1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_words_are_checked_without_keras_or_numpy():
    run(_WORDS)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    pixels, x = pixel_input((8, 8, 3), cifar10())
    logits = Logits(3)(keras.layers.Flatten()(x))
    keras.Model(pixels, logits).save(path)
    return path


@pytest.mark.parametrize(
    ("backend", "imports"),
    [
        ("tensorflow", "import zoo, keras"),
        ("tensorflow", "import keras, zoo"),
        ("tensorflow", "import zoo, tensorflow"),
        ("jax", "import zoo; from keras.models import load_model"),
        ("jax", "from keras.models import load_model; import zoo"),
        ("jax", "import zoo; import keras.saving"),
    ],
)
def test_a_saved_model_loads_in_any_order_of_imports(imports, backend, saved):
    run(_LOADING.format(imports=imports), saved, backend, backend=backend)


def test_every_public_name_is_there():
    run(_NAMES)


def test_modules_are_there_without_importing_them():
    with pytest.raises(AttributeError) as caught:
        assert zoo.vgg
    assert str(caught.value) == "module 'zoo' has no attribute 'vgg'"
    assert not hasattr(zoo.stages, "vgg") and not hasattr(zoo, "_vgg")
    with pytest.raises(ImportError, match="cannot import name 'vgg'"):
        from zoo import vgg  # noqa: F401


def test_a_late_name_is_found_once(monkeypatch):
    monkeypatch.delitem(vars(zoo), "split", raising=False)
    found = late_names("zoo", {"split": "zoo.splitting"})("split")
    assert vars(zoo)["split"] is found
    assert (found.__module__, found.__name__) == ("zoo.splitting", "split")


def test_modules_are_functions_too():
    assert inspect.ismodule(stages_module) and inspect.ismodule(zoo.stages)
    assert inspect.ismodule(preprocessing_module)
    assert zoo.stages is stages_module
    assert zoo.preprocessing is preprocessing_module
    model = zoo.create_model("resnet20")
    names = ["stem", "stage1", "stage2", "stage3", "head"]
    for function in (zoo.stages, stages, stages_module.stages):
        assert [stage.name for stage in function(model)] == names
    assert zoo.preprocessing(model) == preprocessing(model) == cifar10()
    assert zoo.preprocessing(model=model).image_size == 32
    with pytest.raises(TypeError, match=r"stages.* missing 1 required"):
        zoo.stages()
