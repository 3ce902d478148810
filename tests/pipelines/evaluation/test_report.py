"""The report of a run: right numbers, no outside files, nothing stops it."""

import html.parser
import json
import re
import time

import numpy as np
import pytest

from pipelines.data.examples import Examples
from pipelines.evaluation.report import write_report
from pipelines.tasks.answers import Answers
from pipelines.tasks.classification import Classification
from pipelines.tasks.confusion_drawing import matrix_drawing
from pipelines.tasks.interval import interval
from pipelines.tasks.softmax import softmax
from pipelines.tasks.task import Judged
from zoo.errors import DataError

HISTORY = [
    {"epoch": 1, "loss": 2.0, "top1": 0.4, "val_loss": 1.5, "val_top1": 0.5},
    {"epoch": 2, "loss": 1.0, "top1": 0.8, "val_loss": 1.2, "val_top1": 0.7},
]


class Page(html.parser.HTMLParser):
    """Checks that elements nest, and keeps the text."""

    EMPTY = ("meta", "img", "br", "rect", "path", "use", "line")

    def __init__(self, path):
        super().__init__()
        self.open, self.words, self.images = [], [], []
        self.source = path.read_text()
        self.feed(self.source)
        assert not self.open
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.images.append(dict(attributes)["src"])
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


@pytest.fixture
def write(tmp_path, tiny):
    """Writes a report of random answers; returns its page and more."""

    def run(examples, logits, history=(), **more):
        metrics = Classification().measure(logits, examples.labels) | more
        path = write_report(
            tmp_path,
            Classification(examples.class_names),
            Judged(examples, logits, metrics),
            model=tiny(examples.class_names[:2]),
            history=list(history),
        )
        assert path == tmp_path / "report.html"
        return Page(path), path

    return run


@pytest.fixture
def three(coloured):
    """30 pictures of three classes, five of them told wrong."""
    examples = coloured(10, classes=3)
    logits = np.zeros((30, 3), "float32")
    logits[np.arange(30), examples.labels] = np.linspace(1, 4, 30)
    for place in range(5):
        wrong = (examples.labels[place] + 1) % 3
        logits[place] = 0
        logits[place, wrong] = 5 + place
    return examples, logits


def test_the_numbers_are_there(write, three, tmp_path):
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "model": "resnet20",
                "data": "some/photos",
                "plan": None,
                "seed": 7,
                "class_names": ["x"],
                "versions": {"keras": "3.15"},
                "commit": "abc",
            }
        )
    )
    page, _ = write(
        *three, HISTORY, seconds=98.2, epochs=2, training_examples=1234
    )
    assert page.text.startswith("resnet20 on photos")
    for words in (
        "3 classes",
        "learnt from 1,234 pictures · 2 epochs",
        "83.3% top-1 (66.4% … 92.7%)",
        "30 held-out pictures",
        "98 s from start",
        "5 of 5 mistakes",
        "plan –",
        "seed 7",
        "--data=some/photos zoo features",
        "keras 3.15 · commit abc",
        "epoch",
    ):
        assert words in page.text, words
    assert "top-5" not in page.text
    assert len(page.images) == 5 + 12


def test_it_needs_nothing_else(write, three):
    page, path = write(*three, HISTORY)
    assert all(src.startswith("data:image/jpeg;base64,") for src in page.images)
    assert "<script" not in page.source and "@import" not in page.source
    assert "url(http" not in page.source
    assert not re.search(r'(src|href)="(?!data:|#)', page.source)
    assert path.stat().st_size < 250_000
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_the_surest_mistake_comes_first(write, three):
    examples, logits = three
    page, _ = write(examples, logits)
    first = page.text.index("5 of 5 mistakes")
    names = re.findall(r"picture\d+", page.text[first:])
    assert names[:5] == [f"picture{i}" for i in (4, 3, 2, 1, 0)]
    unsure = np.argsort(softmax(logits).max(axis=1))[:12]
    assert names[5:] == [f"picture{i}" for i in unsure]


def test_names_of_classes_are_only_words(write, held, encode, noise):
    examples = held(
        [encode(noise(8, 8))] * 2, [0, 1], ("<script>alert(1)", "b&b")
    )
    page, _ = write(examples, np.eye(2, dtype="float32"))
    assert "<script" not in page.source and "b&amp;b" in page.source


def test_no_mistake_and_no_history(write, coloured):
    examples = coloured(2)
    logits = 9 * np.eye(2, dtype="float32")[examples.labels]
    page, _ = write(examples, logits)
    assert "every held-out picture is told right" in page.text
    assert "most frequent mistakes" not in page.text
    assert "over epochs" not in page.source


def test_pictures_that_cannot_be_read_are_left_out(write, three):
    examples, logits = three

    def encoded(wanted):
        if wanted[0] == 2:
            raise DataError("gone")
        return [b"broken"] if wanted[0] == 3 else examples.encoded(wanted)

    broken = Examples(
        examples.names, examples.labels, examples.class_names, encoded
    )
    page, _ = write(broken, logits)
    assert page.text.count("cannot be shown") == 2
    assert len(page.images) == 5 + 12 - 2


def test_a_broken_model_is_said(write, three):
    examples, logits = three
    logits[10:15] = np.nan
    page, _ = write(
        examples, logits, [{"loss": float("nan"), "top1": 0.1, "epoch": 1}]
    )
    assert "returns NaN or infinity for 5 of the held-out" in page.text
    assert "picture10" not in page.text
    logits[:] = np.nan
    assert "for 30 of the held-out" in write(examples, logits)[0].text


def test_one_class_of_a_thousand(write, coded, tmp_path):
    random = np.random.default_rng(0)
    examples = Examples(
        coded(1000).names,
        random.integers(0, 1000, 1000).astype("int32"),
        tuple(f"class {i}" for i in range(1000)),
        coded(1000).encoded,
    )
    logits = random.normal(size=(1000, 1000)).astype("float32")
    started = time.perf_counter()
    page, path = write(examples, logits)
    # Three seconds on a machine of its own, where it takes less than one.
    assert time.perf_counter() - started < 30
    assert path.stat().st_size < 2_000_000
    assert "What is taken for what" not in page.text
    assert "most frequent mistakes" in page.text and "top-5" in page.text
    assert "184 more" in page.text


def test_confidence_is_that_of_softmax(three):
    examples, logits = three
    answers = Answers.of(logits, examples.labels)
    probabilities = softmax(logits)
    np.testing.assert_array_equal(answers.best, probabilities.argmax(axis=1))
    np.testing.assert_allclose(answers.confidence, probabilities.max(axis=1))
    logits[3, 1], logits[7, 0] = np.nan, np.inf
    answers = Answers.of(logits, examples.labels)
    for place in (3, 7):
        assert answers.best[place] == -1 and answers.confidence[place] == 0
        assert not answers.right[place]
    assert answers.right.sum() == 24


def test_intervals():
    # Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20.
    for right, count, expected in (
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0, 0.1611)),
        (0, 0, (0, 1)),
    ):
        assert interval(right, count) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("classes", "side", "numbers"), [(2, 84, True), (50, 9.2, False)]
)
def test_the_matrix_fits_the_page(classes, side, numbers):
    names = tuple(f"a name of many letters {i}" for i in range(classes))
    drawing = matrix_drawing(3 * np.eye(classes, dtype=int), names)
    assert drawing.side == pytest.approx(side) and drawing.numbers is numbers
    assert drawing.size == drawing.margin + classes * drawing.side
    assert len(drawing.cells) == classes
    last = drawing.cells[-1]
    assert last.x == last.y == pytest.approx((classes - 1) * side)
    assert (last.count, last.share, last.right) == (3, 1.0, True)
    assert drawing.names[0] == "a name of many …"
