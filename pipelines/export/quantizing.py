"""Eight bits after training: calibrated, written, judged, or nothing."""

import dataclasses
import importlib

from pipelines.data.examples import Examples
from pipelines.data.sources.opening import open_splits
from pipelines.evaluation.held_out import ToJudge
from pipelines.evaluation.judging import match_to_model
from pipelines.export.exporting import convert
from pipelines.export.exporting import open_written
from pipelines.export.exporting import version_folder
from pipelines.export.exporting import write_around
from pipelines.export.formats import INT8
from pipelines.export.formats import LOGITS
from pipelines.export.formats import check_format
from pipelines.export.paired_judging import Demands
from pipelines.export.paired_judging import check_enough
from pipelines.export.paired_judging import check_paired
from pipelines.export.papers import Written
from pipelines.export.pictures import calibration_pictures
from pipelines.export.program import make_program
from pipelines.export.whole_folder import whole_folder
from pipelines.waiting.heartbeat import heartbeat
from pipelines.waiting.work import work

_NO_DEMANDS = Demands()


@dataclasses.dataclass(frozen=True)
class EightBits:
    """How a model is quantized.

    Args:
        format: `"litert"`, `"onnx"` or `"openvino"`.
        answer: `"logits"` or `"probabilities"`.
        float_logits: Whether the last layer stays in float: where the values
            of logits matter, for temperatures and for telling what is like
            nothing seen before. Eight bits cut them off at the largest that
            calibration saw.
        calibration: A data set to draw from; where None the pictures of
            `data` that do not judge.
        pictures: How many are drawn at most.
        seed: The same one draws the same pictures.
    """

    format: str
    answer: str = LOGITS
    float_logits: bool = False
    calibration: str | None = None
    pictures: int = 200
    seed: int = 0


@heartbeat()
def quantize_model(
    model,
    output,
    how: EightBits,
    judging: ToJudge,
    *,
    demands: Demands = _NO_DEMANDS,
    source=None,
) -> Written:
    """Writes a model whose network computes with int8, and judges it.

    Args:
        model: A model of the zoo that takes RGB pictures.
        output: A new folder.
        how: The format, and the pictures to calibrate by.
        judging: What judges, as `pictures_to_judge` chose it; none of it
            calibrates.
        demands: What is kept; anything worse is thrown away.
        source: Where the model is from, a `ModelSource`, where that is known.

    Returns:
        What was written, with what was found.

    Raises:
        RequestError: The folder is there, or the format has no eight bits.
        DataError: Too few pictures judge, or none is left to calibrate.
        IntegrityError: Too much was lost.
        OSError: The disk is full or the folder cannot be written.
    """
    row = check_format(how.format, INT8)
    program = make_program(model, how.answer)
    examples = match_to_model(judging.examples, model)
    check_enough(examples, demands)
    pictures = draw_calibration(
        how.calibration or judging.data, examples, how.pictures, how.seed
    )
    module = importlib.import_module(row.eight_bits)
    with whole_folder(output) as folder:
        place = version_folder(folder, model)

        def write():
            module.write(
                program, place, pictures, float_logits=how.float_logits
            )

        convert(program, row, write)
        runtime = open_written(row, place)
        check = check_paired(program, runtime, examples, demands)
        check |= {
            "pictures_of": judging.data,
            "calibrated_by": len(pictures),
            "calibration_of": how.calibration or judging.data,
            "calibration_seed": how.seed,
            "float_logits": how.float_logits,
        }
        written = Written(program, row, INT8, place.parent.name, check, source)
        write_around(folder, written)
    return written


@work("choosing pictures to calibrate by")
def draw_calibration(data: str, judging: Examples, count: int = 200, seed=0):
    """Draws decoded pictures of a data set, none of which judges.

    Args:
        data: The data set, of which all parts are offered.
        judging: What judges.
        count: At most so many.
        seed: The same one draws the same pictures.

    Raises:
        RequestError: There is no such data set.
        DataError: All of its pictures judge.
    """
    splits = open_splits(data, seed=None)
    offered = splits.train or splits.validation
    return calibration_pictures(offered, judging, count=count, seed=seed)
