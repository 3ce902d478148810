"""Writes what fairlearn says of groups of made-up answers.

    python tests/parity/export_groups.py

runs under an interpreter that has fairlearn and scikit-learn, and writes
`groups.json`, which the tests that always run read: labels, answers, groups,
and fairlearn's figures of them.
"""

import json
import pathlib

import fairlearn
import numpy as np
from fairlearn.metrics import MetricFrame
from fairlearn.metrics import count
from sklearn.metrics import accuracy_score
from sklearn.metrics import recall_score

_HERE = pathlib.Path(__file__).resolve().parent
_CLASSES = 3
_SHARES = {"day": 0.9, "dusk": 0.75, "night": 0.6}


def _worst_recall(labels, answers) -> float:
    return min(recall_score(labels, answers, average=None, zero_division=0))


def main() -> None:
    random = np.random.default_rng(0)
    groups = random.choice([*_SHARES], 600, p=[0.6, 0.25, 0.15])
    labels = random.integers(0, _CLASSES, 600)
    right = random.random(600) < [_SHARES[group] for group in groups]
    answers = np.where(right, labels, (labels + 1) % _CLASSES)
    frame = MetricFrame(
        metrics={
            "pictures": count,
            "top1": accuracy_score,
            "worst_recall": _worst_recall,
        },
        y_true=labels,
        y_pred=answers,
        sensitive_features=groups,
    )
    found = {
        "fairlearn": fairlearn.__version__,
        "labels": labels.tolist(),
        "answers": answers.tolist(),
        "groups": groups.tolist(),
        "by_group": frame.by_group.to_dict("index"),
        "gap": frame.difference(method="between_groups")["top1"],
    }
    text = json.dumps(found) + "\n"
    (_HERE / "groups.json").write_text(text)


if __name__ == "__main__":
    main()
