"""Fine-tuning: the head first, then stage by stage from the top."""

import dataclasses
from typing import ClassVar

import zoo
from pipelines.features.probe import fit_probe
from pipelines.training.building import build_model
from pipelines.training.callbacks import BestWeights
from pipelines.training.choices import choose_splits
from pipelines.training.config import AUTO
from pipelines.training.config import RunConfig
from pipelines.training.defaults import choose_start
from pipelines.training.defaults import usual_weights
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.optimizers import with_rates
from pipelines.training.phases import head_features
from pipelines.training.phases import run_phase
from pipelines.training.preparation import prepare
from pipelines.training.rate_finder import draw_rates
from pipelines.training.rate_finder import find_rate
from pipelines.training.run import Finished
from pipelines.training.run import Run
from pipelines.training.schedules import scaled_rate
from pipelines.training.trainer import Trainer
from pipelines.training.unfreezing import Phase
from pipelines.training.unfreezing import default_plan
from pipelines.training.unfreezing import parse_plan
from zoo.errors import RequestError

# Epochs: as few as that, and as many for a small set as show about so many
# pictures in all.
EPOCHS = 30
MOST_EPOCHS = 100
_PICTURES_SHOWN = 24_000
LEARNING_RATE = 0.4
RATES = "learning_rate.png"


@dataclasses.dataclass(frozen=True)
class FinetuneConfig(RunConfig):
    """What `finetune` is asked to do.

    Args:
        plan: Phases in words (see `parse_plan`), or None for the default.
        stage_lr_decay: Each stage learns at this many times the rate of the
            one above it, in (0, 1].
        freeze_batch_norm: Whether BatchNorm stays frozen in stages that
            learn, too.
        cache: Whether what frozen stages compute is kept.
        patience: Epochs without a better result after which to stop and go
            back to the best; 0 for never.
        probe: Whether only a linear classifier is fitted to the features.
        add_classes: The folder of a run whose model learns the classes of
            `data` besides its own.

    Raises:
        RequestError: Values are out of range or contradict each other.
    """

    # A short run from good features gains nothing from hard crops.
    PHOTO_AUGMENTATION: ClassVar[str] = "gentle"
    USUAL_BATCH: ClassVar[int] = 32

    plan: str | None = None
    stage_lr_decay: float = 1.0
    freeze_batch_norm: bool = False
    cache: bool = True
    patience: int = 0
    probe: bool = False
    add_classes: str | None = None

    def __post_init__(self):
        super().__post_init__()
        if not 0 < self.stage_lr_decay <= 1:
            raise RequestError(
                "--stage_lr_decay lies above 0 and is at most 1. "
                f"Received: {self.stage_lr_decay}"
            )
        if self.patience < 0:
            raise RequestError(
                f"--patience is 0 or more epochs. Received: {self.patience}"
            )
        if self.plan and (self.epochs or self.learning_rate):
            raise RequestError(
                "--plan says epochs and rates itself. Give either --plan, or "
                "--epochs and --learning_rate."
            )
        self._refuse("probe", "takes no steps", _OF_STEPS)
        self._refuse("add_classes", "goes on with a run's model", _OF_STARTS)
        if self.weights is None:
            for name in ("probe", "freeze_batch_norm", "stage_lr_decay"):
                if getattr(self, name) != _default(name):
                    raise RequestError(
                        f"--{name} is for weights that have learned "
                        "something. Give --weights, or leave it out."
                    )

    def _refuse(self, flag: str, why: str, others) -> None:
        if getattr(self, flag) == _default(flag):
            return
        given = [n for n in others if getattr(self, n) != _default(n)]
        if given:
            raise RequestError(
                f"--{flag} {why}, so --{given[0]} has no meaning with it. "
                "Give one of the two."
            )


# What says how steps are taken.
_OF_STEPS = (
    "plan",
    "epochs",
    "learning_rate",
    "patience",
    "stage_lr_decay",
    "freeze_batch_norm",
    "label_smoothing",
)


# What says where a run starts.
_OF_STARTS = ("probe", "fold", "shots")


def _default(name: str):
    fields = {field.name: field for field in dataclasses.fields(FinetuneConfig)}
    return fields[name].default


def double_size(own: int, smallest: int) -> int:
    """Chooses a size for fine-tuning on photos.

    A network made for pictures of 32 pixels has features of that scale;
    photos hold more, and twice the side shows it at four times the cost.
    """
    return 2 * own if own <= 64 and smallest >= 2 * own else own


def finetune_run(
    config: FinetuneConfig,
    *,
    say=print,
    progress=None,
    open_data=choose_splits,
    build=build_model,
) -> Finished:
    """Fine-tunes a model and leaves a run folder behind.

    With no weights there is nothing to keep, and the whole network learns
    from the start.

    Args:
        config: What is asked for.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.
        open_data: See `pipelines.training.preparation.prepare`.
        build: The same.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    run = _prepare(config, say, progress, open_data=open_data, build=build)
    if run.config.probe:
        return _probe(run, progress)
    if not (run.config.plan or run.config.epochs):
        epochs = usual_epochs(len(run.splits.train))
        run.config = run.config.resolved(epochs=epochs)
    trainer = _trainer(run)
    if run.config.learning_rate == AUTO:
        run.config = run.config.resolved(learning_rate=_find_rate(run, trainer))
    plan = plan_of(run.config, run.model)
    say(f"the same in full: {as_command(run.config, plan)}")
    say(f"plan: {', '.join(map(str, plan))}")
    for line in describe_plan(plan, run):
        say(f"  {line}")
    return run.finish(_run_plan(run, trainer, plan, progress))


def find_rate_run(config: FinetuneConfig, *, say=print, progress=None) -> float:
    """Looks for a learning rate, draws it into the folder and returns it.

    Raises:
        RequestError: Something asked for does not exist or does not fit.
        DataError: The pictures cannot be trained on.
        IntegrityError: The weights are damaged.
    """
    run = _prepare(config, say, progress)
    return _find_rate(run, _trainer(run))


def usual_epochs(pictures: int) -> int:
    """Returns how many epochs a set is fine-tuned for where nobody says it."""
    return max(EPOCHS, min(MOST_EPOCHS, _PICTURES_SHOWN // pictures))


def name_start(config: FinetuneConfig, sides, say=print) -> FinetuneConfig:
    """Fills in the model and the weights where nobody has named them."""
    if config.model is None:
        start = choose_start(sides, say)
        weights = start.weights if config.weights == AUTO else config.weights
        return config.resolved(model=start.model, weights=weights)
    if config.weights == AUTO:
        return config.resolved(weights=usual_weights(config.model))
    return config


def plan_of(config: FinetuneConfig, model) -> tuple[Phase, ...]:
    """Returns the plan that a configuration asks for."""
    parameters = {stage.name: stage.parameters for stage in zoo.stages(model)}
    names = list(parameters)
    if config.plan:
        return parse_plan(config.plan, names)
    epochs = config.epochs or EPOCHS
    rate = config.learning_rate
    rate = LEARNING_RATE if rate in (None, AUTO) else rate
    if config.weights is None:
        return (Phase(names[0], epochs, rate),)
    return default_plan(parameters, epochs, rate)


def as_command(config: FinetuneConfig, plan: tuple[Phase, ...]) -> str:
    """Writes the command that says everything and leaves nothing open."""
    values = config.as_dict() | {
        "plan": ",".join(map(str, plan)),
        "weights": config.weights or "none",
    }
    open_ones = ("epochs", "learning_rate", "fold")
    words = ["python -m apps.finetune"]
    for name, value in values.items():
        if value is None or name in open_ones or value == _unless(name):
            continue
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no'}{name}")
        else:
            words.append(f"--{name}={value}")
    return " ".join(words)


def _unless(name: str):
    """The value of a flag that need not be said: what nothing chooses."""
    return None if name in ("augmentation", "precision") else _default(name)


def stage_factors(model, decay: float) -> list[float]:
    """Returns what each trainable variable's rate is multiplied by.

    Args:
        model: A model of the zoo.
        decay: Of each stage against the one above it.
    """
    factors = {
        variable.path: decay**depth
        for depth, stage in enumerate(reversed(zoo.stages(model)))
        for layer in stage.layers
        for variable in layer.trainable_variables
    }
    return [factors[variable.path] for variable in model.trainable_variables]


def describe_plan(plan: tuple[Phase, ...], run: Run) -> list[str]:
    """Says, a line a phase, what learns, for how long and at which rate."""
    stages = zoo.stages(run.model)
    names = [stage.name for stage in stages]
    lines = []
    for number, phase in enumerate(plan, start=1):
        learning = stages[names.index(phase.stage) :]
        weights = sum(stage.parameters for stage in learning)
        rate = scaled_rate(phase.learning_rate, run.config.global_batch_size)
        first, last = learning[0].name, learning[-1].name
        what = last if first == last else f"{first} … {last}"
        lines.append(
            f"{number}. {what} ({weights:,} weights), {phase.epochs} "
            f"epoch(s), learning rate up to {rate:.3g}"
        )
    return lines


def _prepare(config: FinetuneConfig, say, progress, **options) -> Run:
    return prepare(
        config,
        say=say,
        progress=progress,
        choose_model=lambda unnamed, sides: name_start(unnamed, sides, say),
        choose_image_size=double_size,
        check_model=lambda model: plan_of(config, model),
        **options,
    )


def _trainer(run: Run) -> Trainer:
    with run.strategy.scope():
        optimizer = with_rates(
            SGDWithL2(l2=run.config.weight_decay),
            run.model.trainable_variables,
            stage_factors(run.model, run.config.stage_lr_decay),
        )
    return Trainer(
        run.model,
        optimizer,
        run.strategy,
        label_smoothing=run.config.label_smoothing,
    )


def _find_rate(run: Run, trainer: Trainer) -> float:
    curve = find_rate(trainer, run.training_data())
    draw_rates(curve, run.folder.path / RATES)
    run.say(
        f"learning rate {curve.best:.3g} found in {len(curve.rates)} steps "
        f"({run.folder.path / RATES})"
    )
    return curve.best


def _run_plan(run: Run, trainer: Trainer, plan, progress) -> list[dict]:
    epochs = sum(phase.epochs for phase in plan)
    callbacks = run.callbacks(run.training_data(), epochs)
    stopper = BestWeights(run.config.patience or epochs, say=run.say)
    if run.config.patience:
        callbacks.append(stopper)
    history = []
    for phase in plan:
        history += run_phase(
            run,
            trainer,
            phase,
            first_epoch=len(history),
            callbacks=callbacks,
            progress=progress,
        )
        if stopper.stopped:
            break
    if run.config.patience:
        stopper.restore()
    return history


def _probe(run: Run, progress) -> Finished:
    """Fits the head to the features of the pictures as they are."""
    features = head_features(run, progress)
    probe = fit_probe(
        features.values,
        features.examples.labels,
        len(features.examples.class_names),
        seed=run.config.seed,
    )
    head = run.model.get_layer("head_logits")
    head.kernel.assign(probe.kernel)
    head.bias.assign(probe.bias)
    run.say(
        f"logistic regression on {features.values.shape[1]} features, inverse "
        f"penalty {probe.strength:g}: {probe.accuracy:.1%} in cross-validation"
    )
    return run.finish([])
