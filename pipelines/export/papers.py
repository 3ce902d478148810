"""What lies beside a model that was written: for people and for programs."""

import dataclasses
import json
import pathlib

import zoo
from pipelines.evaluation.card_metadata import licence_of
from pipelines.evaluation.card_metadata import plain_name
from pipelines.evaluation.saved_models import ModelSource
from pipelines.export.formats import Format
from pipelines.export.program import PIXELS
from pipelines.export.program import Program
from pipelines.runs.places import CARD
from pipelines.runs.places import nearest_folder
from pipelines.tasks.table import note_of
from pipelines.tasks.table import task_of_model
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

LABELS, SIGNATURE, CHECK = "labels.txt", "signature.json", "check.json"


@dataclasses.dataclass(frozen=True, eq=False)
class Written:
    """What was written, and what its runtime made of pictures.

    Args:
        program: The program.
        format: A row of `FORMATS`.
        precision: Of its weights.
        name: Of the folder that servers know it by.
        check: What was found, as `check.json` has it.
        source: Where the model was from; None of one made in this process.
    """

    program: Program
    format: Format
    precision: str
    name: str
    check: dict
    source: ModelSource | None = None

    @property
    def file(self) -> str:
        """Where the model lies in the folder."""
        return str(pathlib.PurePosixPath(self.name, "1", self.format.file))


def write_papers(folder: pathlib.Path, written: Written) -> None:
    """Writes labels, signature, card and what was found.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    names = [plain_name(each, whole=True) for each in written.program.names]
    texts = {
        LABELS: "\n".join(names),
        SIGNATURE: dumps(_signature(written), indent=2, ensure_ascii=False),
        CHECK: dumps(written.check, indent=2),
        CARD: f"{model_card(written)}\n\n{_section(written)}",
    }
    for name, text in texts.items():
        write_atomically(folder / name, f"{text}\n".encode("utf-8", "replace"))


def _signature(written: Written) -> dict:
    """What goes in and comes out, for programs."""
    program = written.program
    return {
        "model": written.name,
        "file": written.file,
        "format": written.format.name,
        "precision": written.precision,
        "input": {
            "name": PIXELS,
            "dtype": "uint8",
            "shape": ["pictures", "height", "width", 3],
            "meaning": "RGB, 0 to 255, as decoded, of any height and width; "
            "pictures of one call have the same",
        },
        "output": {
            "name": program.answer,
            "dtype": "float32",
            "shape": ["pictures", len(program.names)],
        },
        "preprocessing": dataclasses.asdict(program.record),
        "class_names": list(program.names),
        **_task(program.model),
    }


def _task(model) -> dict:
    """What was learned, where that is not one class a picture."""
    noted = note_of(task_of_model(model))
    return noted and noted | {"thresholds": list(zoo.thresholds(model))}


def model_card(written: Written) -> str:
    """Returns the run's card where there is one, otherwise a short one."""
    return _card_of_run(written.source) or _own_card(written)


def _card_of_run(source: ModelSource | None) -> str | None:
    if source is None or source.weights is not None:
        return None
    folder = nearest_folder(source.model, lambda each: (each / CARD).is_file())
    if folder is None:
        return None
    return (folder / CARD).read_text(encoding="utf-8").rstrip()


def _own_card(written: Written) -> str:
    source = written.source
    weights = source and source.weights
    licence = licence_of({"model": source and source.model, "weights": weights})
    lines = [
        "---",
        "library_name: keras",
        *([f"license: {licence.lower()}"] if licence else []),
        "pipeline_tag: image-classification",
        f"tags: [image-classification, keras-zoo, {json.dumps(written.name)}]",
        "---",
        "",
        f"# {written.name}",
        "",
        "Image classification with keras-zoo: "
        f"{len(written.program.names):,} classes"
        + (f", weights {plain_name(weights)}." if weights else "."),
    ]
    return "\n".join(lines)


def _section(written: Written) -> str:
    program = written.program
    return (
        f"## As {written.format.title}\n\n"
        f"`{written.file}`, weights in {written.precision}. In: RGB pictures "
        "as they were decoded, uint8, 0 to 255, of any height and width. Out: "
        f"`{program.answer}`, float32, in the order of `{LABELS}`. Resizing, "
        "cutting the middle out and scaling are inside. Pictures that lie on "
        "their side by their EXIF have to be turned before.\n\n"
        "What its own runtime answered, against the Keras model; errors are "
        "parts of the standard deviation of what Keras says:\n\n"
        f"{found_table(written.check)}"
    )


def found_table(check: dict) -> str:
    """Returns what was found, as a table in Markdown."""
    rows = "\n".join(
        f"| {name.replace('_', ' ')} | {_told(value)} |"
        for name, value in check.items()
    )
    return f"| what | found |\n| --- | --- |\n{rows}"


def _told(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
