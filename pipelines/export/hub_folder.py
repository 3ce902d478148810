"""A folder in Hugging Face's form, whose weights this project reads back."""

import dataclasses
import pathlib

import zoo
from pipelines.export.checking import check_floats
from pipelines.export.exporting import judging_pictures
from pipelines.export.formats import FLOAT32
from pipelines.export.formats import HUB
from pipelines.export.formats import LOGITS
from pipelines.export.papers import Written
from pipelines.export.papers import found_table
from pipelines.export.papers import model_card
from pipelines.export.program import make_program
from pipelines.export.whole_folder import whole_folder
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.work import work
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.layers import PixelScaling
from zoo.model_metadata import find_layer
from zoo.plain_json import dumps
from zoo.weights import hub
from zoo.weights.atomic import write_atomically
from zoo.weights.file_metadata import describe
from zoo.weights.files import save_weights

# What the Hub shows as a model's page.
_CARD = "README.md"


@heartbeat()
def export_to_hub(
    model, output, *, data: str | None = None, source=None
) -> dict:
    """Writes weights, configuration and card, as the Hub takes them.

    The folder is there once the zoo has built the network from it, which then
    answers as the model does, and not before.

    Args:
        model: A network of the zoo, with any classes.
        output: A new folder.
        data: Whose pictures judge it; drawn ones where None.
        source: Where the model is from, a `ModelSource`, where that is known.

    Returns:
        What was found, as `pipelines.export.checking.check_floats` says it.

    Raises:
        RequestError: The folder is there, or the zoo has no such network.
        DataError: The pictures cannot be used.
        IntegrityError: What is read back is something else.
        OSError: The disk is full or the folder cannot be written.

    Example:

    ```python
    import tempfile
    import zoo
    from pipelines.export.hub_folder import export_to_hub
    model = zoo.create_model("alexnet_cifar", weights="cifar10")
    with tempfile.TemporaryDirectory() as place:
        export_to_hub(model, f"{place}/net")
        again = zoo.create_model("alexnet_cifar", weights=f"{place}/net")
    assert zoo.class_names(again) == zoo.class_names(model)
    ```
    """
    variant = _variant(model)
    program, pictures = make_program(model), judging_pictures(data)
    with whole_folder(output) as folder:
        save_weights(model, folder / hub.WEIGHTS)
        again = _read_back(variant, folder, model)
        function = make_program(again).function
        check = check_floats(
            *(program, lambda x: function(x)[LOGITS].numpy(), pictures),
            FLOAT32,
        )
        check["pictures_of"] = data or "drawn"
        written = Written(program, HUB, FLOAT32, variant, check, source)
        texts = {hub.CONFIG: _config(written), _CARD: _card(written)}
        for name, text in texts.items():
            content = f"{text}\n".encode("utf-8", "replace")
            write_atomically(folder / name, content)
    return check


def _variant(model) -> str:
    scaling = find_layer(model, PixelScaling)
    variant = scaling and scaling.variant
    if variant not in zoo.list_models():
        raise RequestError(
            f"`format={HUB.name}` is for the networks of the zoo, which are "
            f"built by their name. {model.name!r} is "
            f"{variant or 'put together in another way'}. Give another "
            "`format`; savedmodel takes all."
        )
    return variant


@work("reading it back")
def _read_back(variant: str, folder: pathlib.Path, model):
    again = zoo.create_model(variant, weights=folder)
    ours, theirs = describe(model), describe(again)
    if ours != theirs:
        known = ours | theirs
        other = [k for k in known if ours.get(k) != theirs.get(k)]
        raise IntegrityError(
            f"What was written is read back with another {', '.join(other)}. "
            f"Nothing was kept. {variant} of the zoo is built otherwise than "
            f"{model.name!r}; give another `format`."
        )
    return again


def _config(written: Written) -> str:
    program = written.program
    config = {
        "library_name": hub.LIBRARY,
        "architectures": [written.name],
        "num_classes": len(program.names),
        "id2label": dict(enumerate(program.names)),
        "preprocessing": dataclasses.asdict(program.record),
    }
    return dumps(config, indent=2, ensure_ascii=False)


def _card(written: Written) -> str:
    return (
        f"{model_card(written)}\n\n"
        "## How to load it\n\n"
        "```python\nimport zoo\n\n"
        f'model = zoo.create_model("{written.name}", weights="FOLDER")\n'
        "```\n\n"
        "FOLDER is where these files lie, or `hf://ORGANISATION/MODEL` once "
        "they are on the Hub. Class names and preprocessing are in the file "
        "of the weights.\n\n"
        "What the network that was built from it answered, against the model "
        "that was written; errors are parts of the standard deviation of its "
        f"answers:\n\n{found_table(written.check)}"
    )
