"""Writing a model for other runtimes, and judging what was written."""

import importlib
import pathlib
import re

from pipelines.data.sources.opening import open_held_out
from pipelines.export.checking import check_floats
from pipelines.export.clients import copy_clients
from pipelines.export.formats import FLOAT32
from pipelines.export.formats import LOGITS
from pipelines.export.formats import Format
from pipelines.export.formats import check_format
from pipelines.export.layouts import write_layouts
from pipelines.export.papers import Written
from pipelines.export.papers import write_papers
from pipelines.export.pictures import drawn_pictures
from pipelines.export.pictures import spread_over
from pipelines.export.program import Program
from pipelines.export.program import make_program
from pipelines.export.web_page import write_page
from pipelines.export.whole_folder import whole_folder
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.work import work
from zoo.errors import RequestError

# Of `data`, to judge a float format by.
_PICTURES = 32


@heartbeat()
def export_model(
    model,
    output,
    format: str,
    *,
    precision: str = FLOAT32,
    answer: str = LOGITS,
    data: str | None = None,
    source=None,
) -> Written:
    """Writes a model into a folder that other programs can use.

    The folder is there once the format's own runtime has loaded what was
    written and answers as the model does, and not before.

    Args:
        model: A model of the zoo that takes RGB pictures.
        output: A new folder.
        format: A name of `pipelines.export.formats.FORMATS`, but the Hub's.
        precision: Of the weights, float32 or float16.
        answer: `"logits"` or `"probabilities"`.
        data: Whose pictures judge it; drawn ones where None.
        source: Where the model is from, a `ModelSource`, where that is known.

    Returns:
        What was written, with what was found.

    Raises:
        RequestError: The folder is there, or the format cannot be.
        DataError: The pictures cannot be used.
        IntegrityError: What was written answers otherwise.
        OSError: The disk is full or the folder cannot be written.

    Example:

    ```python
    import pathlib, tempfile
    import zoo
    from pipelines.export.exporting import export_model
    model = zoo.create_model("alexnet_cifar", weights="cifar10")
    with tempfile.TemporaryDirectory() as place:
        written = export_model(model, f"{place}/net", "savedmodel")
        assert written.check["largest_error"] < 1e-4
        labels = pathlib.Path(place, "net", "labels.txt").read_text()
    assert labels.split()[3] == "cat"
    ```
    """
    row = check_format(format, precision)
    program = make_program(model, answer)
    pictures = judging_pictures(data)
    with whole_folder(output) as folder:
        place = version_folder(folder, model)
        write = writer_of(row).write
        convert(program, row, lambda: write(program, place, precision))
        runtime = open_written(row, place)
        check = check_floats(program, runtime, pictures, precision)
        check["pictures_of"] = data or "drawn"
        written = Written(
            *(program, row, precision, place.parent.name, check, source)
        )
        write_around(folder, written)
    return written


def judging_pictures(data: str | None):
    """Returns decoded pictures to judge a float format by.

    Args:
        data: Whose held-out pictures; drawn ones where None.

    Raises:
        DataError: They cannot be used.
    """
    if data is None:
        return drawn_pictures()
    return spread_over(open_held_out(data), _PICTURES)


def writer_of(row: Format):
    """Returns the module that writes a format, and opens its runtime."""
    return importlib.import_module(row.writer)


def version_folder(folder: pathlib.Path, model) -> pathlib.Path:
    """Makes the folder of version 1 of a model, as servers look for it."""
    name = re.sub(r"[^\w.-]+", "_", model.name)
    place = folder / name / "1"
    place.mkdir(parents=True)
    return place


def convert(program: Program, row: Format, write) -> None:
    """Runs a converter; what it cannot do becomes a request's fault.

    Args:
        program: What is written.
        row: Of the format.
        write: Writes it.

    Raises:
        RequestError: The format cannot take the network.
    """
    with work(f"writing {row.title}"):
        try:
            write()
        except (OSError, ImportError, MemoryError):
            raise
        except Exception as error:
            # Converters raise whatever their authors thought of.
            if getattr(error, "exit_code", None) is not None:
                raise
            reason = " ".join(str(error).split())[:300] or repr(error)
            raise RequestError(
                f"`format={row.name}` cannot take {program.model.name}: "
                f"{reason}. Nothing was written; try another `format`."
            ) from error


def open_written(row: Format, place: pathlib.Path):
    """Returns a function of pictures: what was written, in its own runtime."""
    with work(f"loading {row.title}"):
        return writer_of(row).open_runtime(place)


def write_around(folder: pathlib.Path, written: Written) -> None:
    """Writes what lies beside the model."""
    write_papers(folder, written)
    write_layouts(folder, written)
    copy_clients(folder, written)
    if written.format.page:
        write_page(folder, written)
