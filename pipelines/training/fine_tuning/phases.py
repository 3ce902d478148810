"""Running the phases of a plan, each as cheaply as it can be run.

What lies below the lowest stage that learns is a constant function of the
picture. Where it is computed once (`fine_tuning.feature_cache`), the
stages above learn from that.
"""

import dataclasses

import keras

import zoo
from pipelines.features.cache import evaluation_features
from pipelines.features.cache import training_features
from pipelines.training.callbacks import CosineRestarts
from pipelines.training.fine_tuning.feature_cache import Kept
from pipelines.training.fine_tuning.parts import parts
from pipelines.training.fine_tuning.unfreezing import Phase
from pipelines.training.fine_tuning.unfreezing import freeze_below
from pipelines.training.run import Run
from pipelines.training.schedules import CosineSchedule
from pipelines.training.schedules import scaled_rate
from pipelines.training.trainer import Trainer

_WARMUP = 0.1


@dataclasses.dataclass(frozen=True)
class PhaseData:
    """What a phase reads, and which part of the model reads it.

    Args:
        train: Pictures or features to learn from.
        validation: The same to judge by.
        learner: What learns from them.
        frozen: What has to run before the learner, or None.
        judged: What judges, None for the whole model.
    """

    train: object
    validation: object
    learner: keras.Model
    frozen: keras.Model | None = None
    judged: keras.Model | None = None


def run_phase(
    run: Run,
    trainer: Trainer,
    phase: Phase,
    *,
    until: int,
    callbacks: list,
    kept: Kept | None = None,
) -> None:
    """Trains what a phase unfreezes, from where the trainer stands.

    Args:
        run: What is trained on what.
        trainer: Its steps so far are counted on.
        phase: Which stages learn, how long and how fast.
        until: Epochs of the whole run that are over when the phase ends.
        callbacks: Of the whole run.
        kept: Features to read in place of pictures, where there are.
    """
    config = run.config
    freeze_below(
        run.model, phase.stage, freeze_batch_norm=config.freeze_batch_norm
    )
    data = _data(run, trainer.global_step, phase.stage, kept)
    steps = phase.epochs * data.train.steps_per_epoch
    begun = (until - phase.epochs) * data.train.steps_per_epoch
    warmup = round(_WARMUP * steps)
    schedule = CosineSchedule(
        peak=scaled_rate(phase.learning_rate, data.train.batch_size),
        first_cycle=max(1, steps - warmup),
        warmup=warmup,
    )
    trainer.fit(
        data.train,
        data.validation,
        epochs=until,
        callbacks=[
            CosineRestarts(schedule, trainer.global_step - begun),
            *callbacks,
        ],
        stop=run.stop,
        learner=data.learner,
        frozen=data.frozen,
        judged=data.judged,
    )


def _data(run: Run, first_step: int, stage: str, kept) -> PhaseData:
    if stage == zoo.stages(run.model)[0].name:
        return PhaseData(
            run.training_data(first_step), run.validation_data(), run.learner
        )
    below, above = parts(run, stage)
    if kept is None:
        return PhaseData(
            run.training_data(first_step),
            run.validation_data(),
            above.learner,
            frozen=below.learner,
        )
    return PhaseData(
        training_features(
            kept.learned,
            batch_size=run.config.global_batch_size,
            seed=run.config.seed,
            first_step=first_step,
            balance=run.config.balance,
        ),
        evaluation_features(kept.judged, batch_size=run.evaluation_batch),
        above.learner,
        judged=above.judge,
    )
