"""The tasks by their names, and which one a finished model has learned."""

import keras

import zoo
from pipelines.tasks.classification import Classification
from pipelines.tasks.multilabel import MultiLabel
from pipelines.tasks.task import Task
from zoo.errors import DataError

TASKS: dict[str, type[Task]] = {
    "classification": Classification,
    "multilabel": MultiLabel,
}
# Of runs that say nothing.
USUAL = "classification"


def kind_of(settings) -> type[Task]:
    """Returns the kind of task of a run.

    Args:
        settings: Of the run, as `pipelines.runs.config.RunConfig` has them.
    """
    return TASKS[settings.task or USUAL]


def kind_in(config: dict) -> type[Task]:
    """Returns the kind of task that a run or an evaluation says.

    Args:
        config: What its `config.json` says; may be empty.

    Raises:
        DataError: There is no such task.
    """
    name = config.get("task") or USUAL
    if name not in TASKS:
        raise DataError(
            f"`task={name}` of a config.json is not known. Expected one of: "
            f"{', '.join(TASKS)}."
        )
    return TASKS[name]


def note_of(task: Task) -> dict:
    """Returns what `kind_in` knows a task by; nothing of the usual one."""
    name = next(name for name, kind in TASKS.items() if type(task) is kind)
    return {} if name == USUAL else {"task": name}


def task_of_model(model: keras.Model) -> Task:
    """Returns what a finished model was trained for.

    Args:
        model: A model of the zoo.

    Example:

    ```python
    import zoo
    from pipelines.tasks.table import task_of_model
    model = zoo.create_model("resnet20", classes=2)
    assert task_of_model(model).about == "2 classes"
    ```
    """
    kind = MultiLabel if zoo.thresholds(model) else Classification
    return kind.of_model(model)
