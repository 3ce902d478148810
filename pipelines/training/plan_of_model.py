"""The plan of a model: what `planning` decides, of a network that is there."""

import keras

import zoo
from pipelines.runs.config import RunConfig
from pipelines.training.choices import Choice
from pipelines.training.fine_tuning.outlook import Outlook
from pipelines.training.fine_tuning.plan import Plan
from pipelines.training.planning import resolve_plan

_NORMALISING = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
)


def plan_for(
    config: RunConfig,
    model: keras.Model,
    pictures: int,
    outlook: Outlook | None = None,
) -> tuple[Plan, dict[str, Choice]]:
    """Decides what of a model learns when, and at which rate.

    Args:
        config: With all other defaults filled in.
        model: Of the zoo.
        pictures: To learn from.
        outlook: What the head alone reaches; None where nobody has looked.

    Returns:
        The plan, in the stages of the model, and what was chosen of it.

    Raises:
        RequestError: The plan names a stage that there is not.

    Example:

    ```python
    import zoo
    from pipelines.training.config import FinetuneConfig
    from pipelines.training.plan_of_model import plan_for
    asked = FinetuneConfig("photos", None, "run", weights="cifar10").resolved(
        optimizer="sgd", global_batch_size=32, epochs=30)
    rates = []
    for name in ("resnet20", "alexnet_cifar"):
        plan, _ = plan_for(asked.resolved(model=name),
                           zoo.create_model(name), 800)
        rates.append([phase.learning_rate for phase in plan])
    assert rates == [[0.4, 0.4, 0.2], [0.4, 0.1, 0.05]]
    ```
    """
    return resolve_plan(
        config,
        {stage.name: stage.parameters for stage in zoo.stages(model)},
        pictures,
        outlook,
        is_normalised=any(
            isinstance(layer, _NORMALISING) for layer in model.layers
        ),
    )
