"""Several classes a picture: what is learned, measured, said and shown.

As a program it trains on two logical devices.
"""

import io
import json
import sys
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from sklearn import metrics as sklearn

import zoo
from pipelines.batches.evaluation_data import evaluation_data
from pipelines.data.examples import Examples
from pipelines.evaluation.evaluator import Evaluator
from pipelines.evaluation.report import write_report
from pipelines.runs.config import RunConfig
from pipelines.runs.settings import settings_of
from pipelines.tasks.classification import Classification
from pipelines.tasks.classification import Guess
from pipelines.tasks.multilabel import LikelyClass
from pipelines.tasks.multilabel import MultiLabel
from pipelines.tasks.multilabel_loss import MultiLabelLoss
from pipelines.tasks.multilabel_loss import positive_weights
from pipelines.tasks.sigmoid import mean_of_probabilities
from pipelines.tasks.sigmoid import sigmoid
from pipelines.tasks.table import TASKS
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Judged
from pipelines.tasks.thresholds import best_threshold
from pipelines.tasks.thresholds import choose_thresholds
from pipelines.training.callbacks.progress import describe
from zoo.errors import RequestError

NAMES = ("red", "green", "blue")
LOGGED = (
    "loss", "f1_micro", "subset", "val_loss", "val_map", "val_f1_macro",
    "global_step",
)  # fmt: skip


def test_a_table_of_a_broken_model_and_of_odd_names():
    task = MultiLabel(("label", "bee", "sha256"))
    examples = Examples(
        ("a", "b"), np.zeros((2, 3), "uint8"), task.class_names, None
    )
    logits = np.array([[np.nan, -1, -1], [-1, -1, -1]], "float32")
    header, broken, right = task.table(logits, examples)
    assert header == [
        *("picture", "label", "predicted", "label-2", "bee", "sha256"),
    ]
    # Where no class is shown, NaN would be right to say none.
    assert broken[1:3] == ["[]", ""] and right[1:3] == ["[]", "[]"]


def stripes(count=18, side=16):
    """Pictures with a stripe of each colour that they show."""
    random = np.random.default_rng(0)
    labels = (random.random((count, 3)) < 0.5).astype("uint8")
    pictures = []
    for shown in labels:
        pixels = random.normal(90, 9, (side, side, 3))
        for colour in np.flatnonzero(shown):
            pixels[5 * colour : 5 * colour + 5, :, colour] += 120
        file = io.BytesIO()
        Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(file, "PNG")
        pictures.append(file.getvalue())
    return Examples(
        tuple(f"picture{i}" for i in range(count)),
        labels,
        NAMES,
        lambda wanted: [pictures[i] for i in wanted],
    )


def answers(seed, examples=40, classes=6):
    """Logits that say something, some of them equal, and labels."""
    random = np.random.default_rng(seed)
    labels = (random.random((examples, classes)) < 0.3).astype("uint8")
    logits = (labels + random.normal(0, 1.2, labels.shape)).round(1)
    # A class that is nowhere, and one that is nowhere nor ever said.
    labels[:, 4:] = 0
    logits[:, 5] = -9
    return logits, labels


@pytest.fixture(scope="module")
def lesson(lessons):
    return lessons.make(MultiLabel(NAMES), stripes(), 3, LOGGED)


@pytest.fixture(scope="module")
def whole(lessons, lesson, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return *lessons.train(lesson, folder), folder


def test_it_learns_and_says_so(lesson, whole):
    trainer, _, callbacks, _ = whole
    first, *_, last = trainer.history
    assert last["val_loss"] < first["val_loss"]
    best = max(logs["val_map"] for logs in trainer.history)
    for callback in (callbacks[2], callbacks[3]):
        assert callback.best == best
    assert "map" not in last
    line = describe(last, lesson.task)
    assert f"validation: loss {last['val_loss']:.4f}, mean average" in line


def test_stopped_and_gone_on_with_to_the_bit(lessons, lesson, whole, tmp_path):
    lessons.check_going_on(lesson, whole[:3], tmp_path)


def test_two_devices_learn_what_one_does(lessons, lesson, whole, tmp_path):
    lessons.check_two_devices(lesson, whole, __file__, tmp_path)


def test_the_report_shows_it(lessons, lesson, whole, tiny, tmp_path):
    trainer, examples = whole[0], lesson.examples
    task = MultiLabel(NAMES, thresholds=(0.5, 0.25, 1.0))
    data = evaluation_data(examples, lessons.record, batch_size=4)
    strategy = tf.distribute.get_strategy()
    outputs = Evaluator(trainer.model, strategy, task).logits(data)
    judged = Judged(examples, outputs, task.measure(outputs, examples.labels))
    page = write_report(
        tmp_path, task, judged, model=tiny(), history=trainer.history
    ).read_text()
    value = judged.metrics["map"]
    assert f"<b>{value:.1%}</b><span>mean average precision</span>" in page
    assert "loss, binary cross-entropy in nats a picture" in page
    assert 'aria-label="Mean average precision, % over epochs"' in page
    assert page.count("misses <b>blue</b>") == examples.labels[:, 2].sum()
    assert '<td class="number">25.0%</td>' in page


@pytest.mark.parametrize("seed", range(5))
def test_metrics_are_those_of_scikit_learn(seed):
    logits, labels = answers(seed)
    task = MultiLabel(
        tuple("abcdef"), thresholds=(0.3, 0.5, 0.6, 0.7, 0.2, 0.5)
    )
    found = task.measure(logits, labels)
    probabilities = 1 / (1 + np.exp(-logits))
    said = probabilities >= task.thresholds
    precisions = [
        sklearn.average_precision_score(labels[:, i], probabilities[:, i])
        for i in range(4)
    ]
    expected = {
        "map": np.mean(precisions),
        "f1_micro": sklearn.f1_score(labels, said, average="micro"),
        "f1_macro": sklearn.f1_score(
            labels, said, average="macro", zero_division=np.nan
        ),
        "subset": sklearn.accuracy_score(labels, said),
        "loss": 6 * sklearn.log_loss(labels.ravel(), probabilities.ravel()),
    }
    for name, value in expected.items():
        assert abs(found[name] - value) < 1e-9, name
    assert found["examples"] == 40


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_its_formula(seed):
    logits, labels = answers(seed)
    precisions = []
    for scores, shown in zip(logits.T[:4], labels.T[:4], strict=True):
        total, before = 0.0, 0.0
        for threshold in sorted(set(scores), reverse=True):
            said = scores >= threshold
            recall = (said & (shown == 1)).sum() / shown.sum()
            total += (recall - before) * shown[said].mean()
            before = recall
        precisions.append(total)
    found = MultiLabel(tuple("abcdef")).measure(logits, labels)["map"]
    assert abs(found - np.mean(precisions)) < 1e-9


def test_sums_of_steps_are_the_exact_f1_and_subset_accuracy():
    logits, labels = answers(7)
    task = MultiLabel(tuple("abcdef"))
    sums = np.zeros(len(task.sums))
    for part in np.split(np.arange(40), 4):
        counted = task.count(
            tf.constant(labels[part]), tf.constant(logits[part], tf.float32)
        )
        sums += [each.numpy() for each in counted]
    sums = dict(zip(task.sums, sums, strict=True)) | {
        "loss": 80,
        "examples": 40,
    }
    means, exact = task.means(sums), task.measure(logits, labels)
    assert means["loss"] == 2
    for name in ("f1_micro", "subset"):
        assert abs(means[name] - exact[name]) < 1e-9


def test_a_broken_model_is_not_right():
    logits, labels = answers(1)
    whole = MultiLabel(tuple("abcdef")).measure(logits, labels)
    logits[::2] = np.nan
    found = MultiLabel(tuple("abcdef")).measure(logits, labels)
    assert found["map"] < whole["map"]
    assert np.isnan(found["loss"])
    # Half of the pictures show nothing, of which nothing is said.
    none = np.zeros((2, 6), "uint8")
    logits = np.array([[-1.0] * 6, [np.nan] * 6])
    assert MultiLabel(tuple("abcdef")).measure(logits, none)["subset"] == 0.5


def test_the_loss_is_its_formula():
    random = np.random.default_rng(3)
    logits = random.normal(0, 3, (5, 4))
    labels = random.integers(0, 2, (5, 4))
    weights = np.array([1.0, 2.0, 0.5, 4.0])
    targets = 0.9 * labels + 0.05
    p = 1 / (1 + np.exp(-logits))
    each = -(weights * targets * np.log(p) + (1 - targets) * np.log(1 - p))
    loss = MultiLabelLoss(0.1, tuple(weights))
    np.testing.assert_allclose(loss(labels, logits), each.sum(1), rtol=1e-5)
    mixed = MultiLabelLoss(target_threshold=0.3)
    np.testing.assert_allclose(
        mixed([[0.2, 0.4]], [[1.0, 2.0]]),
        MultiLabelLoss()([[0, 1]], [[1.0, 2.0]]),
    )


def test_positive_weights():
    found = positive_weights([20, 50, 0, 100], 100, 0.5)
    np.testing.assert_allclose(found, [2, 1, 1, 1])


def test_the_threshold_with_the_best_f1():
    random = np.random.default_rng(0)
    shown = random.random(300) < 0.3
    likely = np.clip(0.3 * shown + random.normal(0.4, 0.2, 300), 0, 1).round(2)
    found = best_threshold(likely, shown)

    def f1(threshold):
        return sklearn.f1_score(shown, likely >= threshold)

    assert f1(found) == max(f1(t) for t in np.linspace(0, 1, 201))


def test_rare_classes_share_a_threshold():
    random = np.random.default_rng(1)
    shown = random.random((200, 3)) < (0.4, 0.02, 0.5)
    likely = 0.4 * shown + 0.5 * random.random(shown.shape)
    found = choose_thresholds(likely, shown)
    assert shown[:, 1].sum() < 10
    assert found[0] == best_threshold(likely[:, 0], shown[:, 0])
    assert found[1] == best_threshold(likely.ravel(), shown.ravel())
    assert choose_thresholds(likely, np.zeros((200, 3))) == (0.5,) * 3


def test_what_is_said_of_one_picture():
    task = MultiLabel(NAMES, thresholds=(0.9, 0.5, 0.1))
    logits = np.array([2.0, 1.0, -2.0])
    said = task.answers(logits, None)
    assert [each.name for each in said] == ["green", "blue"]
    assert abs(said[0].probability - 1 / (1 + np.exp(-1))) < 1e-12
    first, *_ = task.answers(logits, 2)
    assert str(first) == " 88.08%  red (no: below 90.00%)"
    assert json.dumps(said[1].as_json()).startswith('{"class": "blue"')
    assert task.answers(np.full(3, -5.0), None) == []


def test_a_row_for_each_picture():
    examples = stripes(2)
    logits = np.array([[2.0, -2.0, 2.0], [-2.0, -2.0, -2.0]])
    head, first, second = MultiLabel(NAMES).table(logits, examples)
    assert head == ["picture", "label", "predicted", *NAMES]
    assert first[2:4] == ['["blue", "red"]', "0.880797"]
    assert second[2] == "[]"


def test_several_views_mean_their_probabilities():
    views = np.random.default_rng(0).normal(0, 20, (3, 5, 4))
    found = sigmoid(mean_of_probabilities(list(views)))
    expected = (1 / (1 + np.exp(-views))).mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_model_knows_its_task_and_its_thresholds(tiny, tmp_path):
    import keras

    def create(classes):
        return tiny(tuple(map(str, range(classes))))

    task = MultiLabel(NAMES, shares=(0.5, 0.1, 0.0))
    model = task.build(create)
    bias = model.get_layer("head_logits").bias.numpy()
    np.testing.assert_allclose(bias, np.log([1, 1 / 9, 1 / 999]), atol=1e-4)
    assert zoo.thresholds(model) == (0.5, 0.5, 0.5)
    task = task.tuned(np.array([[3.0, 1, -1]] * 12), np.array([[1, 0, 0]] * 12))
    task.note_in(model)
    model.save(tmp_path / "model.keras")
    read = task_of_model(keras.models.load_model(tmp_path / "model.keras"))
    assert isinstance(read, MultiLabel) and read.class_names == NAMES
    assert read.thresholds == task.thresholds != (0.5, 0.5, 0.5)
    # Weights that know the same classes are not begun anew.
    again = MultiLabel(NAMES, shares=(0.9, 0.9, 0.9)).build(
        lambda classes: model
    )
    found = again.get_layer("head_logits").bias.numpy()
    np.testing.assert_array_equal(found, bias)


def test_one_class_a_picture_from_weights_of_a_multi_label_model():
    model = zoo.create_model("resnet20", classes=3)
    zoo.set_class_names(model, NAMES)
    zoo.set_thresholds(model, (0.5, 0.5, 0.5))
    built = Classification(NAMES).build(lambda classes: model)
    assert isinstance(task_of_model(built), Classification)


def test_the_settings_name_all_tasks():
    assert settings_of(RunConfig)["task"].choices == tuple(TASKS)
    settings = types.SimpleNamespace(
        label_smoothing=0, target_threshold=None, class_weights=0,
        logit_adjustment=1.0,
    )  # fmt: skip
    with pytest.raises(RequestError, match="`logit_adjustment` is for classes"):
        MultiLabel.of(settings, stripes(3))


if __name__ == "__main__":
    from conftest import Lesson
    from conftest import on_two_devices

    on_two_devices(Lesson(MultiLabel(NAMES), stripes(), 3, LOGGED), sys.argv[1])


@pytest.mark.parametrize("name", ["polar\n  bear", "polar\tbear", "polar bear"])
def test_an_answer_is_one_line_whatever_a_class_is_called(name):
    assert str(Guess(name, 0.25)) == " 25.00%  polar bear"
    assert str(LikelyClass(name, 0.25, 0.2)) == str(Guess(name, 0.25))
    unsaid = str(LikelyClass(name, 0.25, 0.5))
    assert unsaid == " 25.00%  polar bear (no: below 50.00%)"
    assert LikelyClass(name, 0.25, 0.5).as_json()["class"] == name
