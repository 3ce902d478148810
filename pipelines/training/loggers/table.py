"""The loggers by their names; what each needs is imported when it is opened."""

import dataclasses
import importlib
import importlib.util
from collections.abc import Iterable

from pipelines.training.loggers.base import Logger
from pipelines.training.loggers.base import Opening
from pipelines.waiting.work import work
from zoo.errors import RequestError
from zoo.extras import installing


@dataclasses.dataclass(frozen=True)
class LoggerRow:
    """Where a logger is, and what has to be installed for it.

    Args:
        place: Its module and its class, `module:Class`.
        needs: A module that is not a part of this project, which the extra
            of that name brings; or empty.
    """

    place: str
    needs: str = ""


LOGGERS = {
    "csv": LoggerRow("pipelines.training.loggers.csv_log:CsvLogger"),
    "mlflow": LoggerRow(
        "pipelines.training.loggers.mlflow_log:MlflowLogger", "mlflow"
    ),
    "wandb": LoggerRow(
        "pipelines.training.loggers.wandb_log:WandbLogger", "wandb"
    ),
}


def check_loggers(names: Iterable[str]) -> None:
    """Refuses loggers whose libraries are not installed.

    Args:
        names: Keys of `LOGGERS`.

    Raises:
        RequestError: Says how to install it.
    """
    for name in names:
        row = LOGGERS[name]
        if row.needs and importlib.util.find_spec(row.needs) is None:
            raise RequestError(
                f"`log_to={name}` needs the package {row.needs}, which is not "
                f"installed. Install it: {installing(row.needs)}"
            )


def open_logger(name: str, opening: Opening) -> Logger:
    """Opens a logger.

    Args:
        name: A key of `LOGGERS`.
        opening: What it is told of the run.

    Raises:
        RequestError: It is not installed, or cannot be reached.
    """
    check_loggers([name])
    module, _, kind = LOGGERS[name].place.partition(":")
    with work(f"opening {name}"):
        found = getattr(importlib.import_module(module), kind)
        try:
            return found(opening)
        except found.errors as error:
            raise RequestError(
                f"`log_to={name}` cannot be opened: {error}"
            ) from error
