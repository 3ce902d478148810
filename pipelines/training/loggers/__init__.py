"""Where a run's curves go beside TensorBoard's files."""

from pipelines.training.loggers.base import Logger
from pipelines.training.loggers.base import Opening
from pipelines.training.loggers.table import LOGGERS
from pipelines.training.loggers.table import check_loggers
from pipelines.training.loggers.table import open_logger

__all__ = ["LOGGERS", "Logger", "Opening", "check_loggers", "open_logger"]
