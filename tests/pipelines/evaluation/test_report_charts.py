"""The curves of a report."""

from pipelines.evaluation.report_charts import learning_curves
from pipelines.tasks.classification import Classification

HISTORY = [
    {"epoch": number, "loss": 1 / number, "val_loss": 2 / number}
    for number in range(1, 9)
]


def test_curves_show_where_phases_begin():
    task = Classification(("a", "b"))
    (plain,) = learning_curves(HISTORY, task)
    (marked,) = learning_curves(HISTORY, task, [(2, "stage3"), (6, "stem")])
    for name in ("stage3", "stem"):
        assert f">{name}</text>" in marked and name not in plain
    # A dotted line each, and nothing else of that kind.
    assert (
        marked.count("stroke-dasharray") == plain.count("stroke-dasharray") + 2
    )
