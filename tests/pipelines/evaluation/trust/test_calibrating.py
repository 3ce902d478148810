"""Calibrating a run: by pictures that do not judge, and into a new folder."""

import csv
import json

import numpy as np
import pytest

import zoo
from pipelines.evaluation.held_out import pictures_to_judge
from pipelines.evaluation.judging import judge
from pipelines.evaluation.saved_models import open_to_judge
from pipelines.evaluation.trust.calibrating import calibrate_model
from pipelines.evaluation.trust.calibrating import parts_of
from pipelines.evaluation.trust.held_answers import held_answers
from pipelines.evaluation.trust.held_answers import read_held_answers
from pipelines.evaluation.trust.running import logits_of
from pipelines.evaluation.trust.unlike import load_test
from pipelines.runs.model_loading import load_model
from pipelines.runs.split_list import read_split
from pipelines.tasks.task import Judged
from zoo.errors import DataError
from zoo.errors import IntegrityError
from zoo.errors import RequestError


def calibrated(run, data, output, judged_by=None, **options):
    opened = open_to_judge(str(run))
    chosen = pictures_to_judge(str(run), str(data))
    parts = parts_of(opened, chosen, judged_by)
    return calibrate_model(opened, parts, str(output), **options), parts


@pytest.fixture(scope="module")
def done(too_sure, tmp_path_factory):
    output = tmp_path_factory.mktemp("calibrated") / "run"
    metrics, parts = calibrated(*too_sure, output)
    return output, metrics, parts


def test_the_temperature_is_that_of_the_draw(done):
    output, metrics, parts = done
    found = zoo.logit_scaling(load_model(output)).temperature
    assert found == pytest.approx(2.0, rel=0.35)
    before = metrics["before_calibration"]
    assert metrics["loss"] < before["loss"]
    assert metrics["calibration_error"] < before["calibration_error"]
    assert metrics["top1"] == before["top1"]
    assert len(parts.choosing) == len(parts.judging) == 200
    config = json.loads((output / "config.json").read_text())
    assert config["calibrated"]["temperature"] == pytest.approx(found)
    assert config["calibrated"]["chosen_by"] == 200
    assert config["data"] and config["epochs"] == 1


def test_the_old_run_stays_as_it_is(done, too_sure, tmp_path):
    assert zoo.logit_scaling(load_model(too_sure[0])) is None
    before = {path.name for path in too_sure[0].iterdir()}
    with pytest.raises(RequestError, match="already holds a finished run"):
        calibrated(*too_sure, too_sure[0])
    assert {path.name for path in too_sure[0].iterdir()} == before


def test_what_has_chosen_judges_no_more(done, too_sure):
    output, _, parts = done
    listed = read_split(str(output))
    assert listed.count_learned(parts.choosing) == 200
    assert listed.count_learned(parts.judging) == 0
    chosen = pictures_to_judge(str(output), str(too_sure[1]))
    assert sorted(chosen.examples.names) == sorted(parts.judging.names)
    with pytest.raises(DataError, match="200 of the 400 pictures were learned"):
        pictures_to_judge(str(output), str(too_sure[1]), part="val")


def test_evaluate_gives_the_same_figures(done, too_sure, tmp_path):
    output, metrics, _ = done
    chosen = pictures_to_judge(str(output), str(too_sure[1]))
    opened = open_to_judge(str(output))
    found = judge(opened, chosen, str(tmp_path / "judged"))
    for name in ("top1", "loss", "calibration_error", "overconfidence"):
        assert found[name] == pytest.approx(metrics[name], abs=1e-6)


def test_a_calibrated_model_is_begun_anew(done, too_sure, tmp_path):
    """Not a temperature of a temperature."""
    output, _, parts = done
    opened = open_to_judge(str(output))
    calibrate_model(opened, parts, str(tmp_path / "again"))
    assert zoo.logit_scaling(
        load_model(tmp_path / "again")
    ).temperature == pytest.approx(
        zoo.logit_scaling(load_model(output)).temperature, rel=1e-6
    )


def test_vector_scaling_is_there_as_well(too_sure, tmp_path):
    metrics, _ = calibrated(*too_sure, tmp_path / "run", method="vector")
    scaling = zoo.logit_scaling(load_model(tmp_path / "run"))
    assert len(scaling.scale) == len(scaling.shift) == 2
    assert metrics["loss"] < metrics["before_calibration"]["loss"]


def test_parts_that_share_pictures_are_refused(too_sure, tmp_path):
    """By their bytes, whatever they are called."""
    run, data = too_sure
    others = tmp_path / "others" / "blue"
    others.mkdir(parents=True)
    (picture, *_) = sorted((data / "val" / "green").iterdir())
    (others / "renamed.png").write_bytes(picture.read_bytes())
    opened = open_to_judge(str(run))
    chosen = pictures_to_judge(str(run), str(data))
    (tmp_path / "others" / "green").mkdir()
    (tmp_path / "others" / "green" / "new.png").write_bytes(
        (data / "train" / "green").iterdir().__next__().read_bytes()
    )
    judging = pictures_to_judge(
        str(run), str(tmp_path / "others"), allow_seen=True
    )
    with pytest.raises(DataError, match=r"1 of the 2 .*renamed.png is .*"):
        parts_of(opened, chosen, judging)


def test_pictures_that_were_learned_from_do_not_choose(too_sure):
    run, data = too_sure
    with pytest.raises(DataError, match="were learned from"):
        pictures_to_judge(str(run), str(data), part="train")


def test_too_few_pictures_are_refused(too_sure):
    run, data = too_sure
    chosen = pictures_to_judge(str(run), str(data))
    import dataclasses

    few = dataclasses.replace(
        chosen, examples=chosen.examples.subset(np.arange(30))
    )
    with pytest.raises(DataError, match="too few to choose: at least 20"):
        parts_of(open_to_judge(str(run)), few, None)


def test_answers_are_read_as_they_were_judged(done):
    output, _, parts = done
    logits = logits_of(load_model(output), parts.judging)
    ours = held_answers(Judged(parts.judging, logits, {}))
    read = read_held_answers(str(output))
    np.testing.assert_allclose(read.confidence, ours.confidence, atol=2e-6)
    assert np.array_equal(read.right, ours.right)
    assert np.array_equal(read.proposes, ours.proposes)
    assert 80 <= read.proposes.sum() <= 120
    with open(output / "predictions.csv", newline="") as file:
        assert len([*csv.DictReader(file)]) == 200


def test_most_known_pictures_are_like_what_is_known(done, tmp_path):
    output, metrics, parts = done
    assert metrics["taken_for_unlike"] < 0.15
    test = load_test(load_model(output), str(output))
    names = parts.judging.names[:40]
    alone = [test.asked_of(name, True) for name in names]
    from pipelines.evaluation.trust.running import features_before_head

    together = test.is_unlike(
        features_before_head(test.model, parts.judging.subset(np.arange(40)))
    )
    assert alone == together.tolist()


def test_a_damaged_test_is_one_line(done, too_sure, tmp_path, tiny):
    output = done[0]
    model = load_model(output)
    with pytest.raises(RequestError, match="does not say what it knows"):
        load_test(model, str(too_sure[0]))
    content = (output / "known.safetensors").read_bytes()
    (tmp_path / "known.safetensors").write_bytes(content[:100])
    with pytest.raises(IntegrityError, match="it is damaged"):
        load_test(model, str(tmp_path))
    (tmp_path / "known.safetensors").write_bytes(content)
    other = zoo.create_model("resnet20", classes=2)
    with pytest.raises(IntegrityError, match="of another model"):
        load_test(other, str(tmp_path))


def test_a_model_without_one_last_layer_is_refused():
    """Such as the mean of several."""
    import keras

    from pipelines.evaluation.trust.running import below_head

    pixels = keras.Input((16, 16, 3))
    mean = keras.layers.GlobalAveragePooling2D()(pixels)
    with pytest.raises(RequestError, match="'mean' has no single last layer"):
        below_head(keras.Model(pixels, mean, name="mean"))
