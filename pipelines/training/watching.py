"""What watches a run: TensorBoard, loggers, a line, whatever is asked for."""

from pipelines.training.callbacks import Profiler
from pipelines.training.callbacks import Progress
from pipelines.training.callbacks import TensorBoard
from pipelines.training.callbacks.tensorboard import comparable
from pipelines.training.callbacks_asked import find_callback
from pipelines.training.fine_tuning.plan import epochs_of
from pipelines.training.loggers import Logger
from pipelines.training.loggers import Opening
from pipelines.training.loggers import open_logger
from pipelines.training.run import Run

_PICTURES_SHOWN = 32


def watchers(run: Run) -> list:
    """Returns the callbacks that show a run.

    Args:
        run: Whose steps are still to be taken, all or the rest of them.

    Raises:
        RequestError: A logger cannot be opened, or there is no such callback.
    """
    config, folder = run.config, run.folder.path
    asked = [find_callback(each) for each in run.options.callback]
    pictures = None
    done = run.first_step or None
    if not done:
        pictures, _ = next(iter(run.training_data().dataset))
        pictures = pictures[:_PICTURES_SHOWN].numpy()
    board = TensorBoard(
        folder,
        run.task,
        pictures,
        config=config.as_dict(),
        scalar_steps=config.scalar_steps,
        resumed_at=done,
    )
    board.also(_loggers(run))
    epochs = epochs_of(run.plan)
    progress = Progress(epochs, run.task, remaining=run.remaining)
    found = [board, progress]
    if config.profile_steps:
        found.append(Profiler(folder, config.profile_steps, resumed_at=done))
    return [*found, *asked]


def _loggers(run: Run) -> list[Logger]:
    """Of several workers the first one logs."""
    if not run.workers.is_chief:
        return []
    opening = Opening(run.folder.path, comparable(run.config.as_dict()))
    return [open_logger(name, opening) for name in run.options.log_to]
