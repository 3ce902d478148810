"""Who is taken for whom, counted by hand."""

import numpy as np

from pipelines.tasks.confusion import ClassScore
from pipelines.tasks.confusion import class_scores
from pipelines.tasks.confusion import confusion_matrix
from pipelines.tasks.confusion import frequent_mistakes

NAMES = ("ant", "bee", "cat", "dog")
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2], "int32")
# One without an answer; nothing is called a cat, and no picture is a dog.
ANSWERS = np.array([0, 0, 0, 1, 1, 0, -1, 3])


def test_the_matrix():
    assert confusion_matrix(LABELS, ANSWERS, 4).tolist() == [
        [3, 1, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
    ]


def test_the_scores():
    assert class_scores(LABELS, ANSWERS, NAMES) == [
        ClassScore("ant", 4, 3 / 4, 3 / 4, 3 / 4),
        ClassScore("bee", 3, 1 / 2, 1 / 3, 2 / 5),
        ClassScore("cat", 1, None, 0.0, None),
        ClassScore("dog", 0, 0.0, None, None),
    ]


def test_a_class_that_does_not_occur_is_left_out():
    scores = class_scores(LABELS[:2], ANSWERS[:2], NAMES)
    assert scores == [ClassScore("ant", 2, 1.0, 1.0, 1.0)]


def test_a_class_that_is_never_right():
    (score, _) = class_scores(np.array([0, 1]), np.array([1, 0]), NAMES[:2])
    assert (score.precision, score.recall, score.f1) == (0, 0, 0)


def test_mistakes_by_their_number():
    labels = np.array([0, 0, 1, 1, 1, 2])
    answers = np.array([1, 1, 0, 0, 0, 2])
    assert frequent_mistakes(labels, answers, 9) == [(1, 0, 3), (0, 1, 2)]
    assert frequent_mistakes(labels, answers, 1) == [(1, 0, 3)]
    assert frequent_mistakes(LABELS[:3], ANSWERS[:3], 9) == []
    assert frequent_mistakes(LABELS[6:7], ANSWERS[6:7], 9) == []
