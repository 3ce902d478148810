"""Curves in MLflow's store: on a server, or in a file of its own."""

import os
import time

import mlflow
from mlflow.entities import Metric
from mlflow.entities import Param
from mlflow.exceptions import MlflowException

from pipelines.training.loggers.base import PROJECT
from pipelines.training.loggers.base import Logger
from pipelines.training.loggers.base import Opening
from pipelines.training.loggers.base import full_names
from pipelines.training.loggers.journal import Journal

_TAG = "keras_zoo.id"
# Of a setting; longer ones are refused there.
_LONGEST = 500


class MlflowLogger(Logger):
    """Logs to a run of MLflow, which goes on where ours does.

    Store and experiment are those of its own variables
    (`MLFLOW_TRACKING_URI`, `MLFLOW_EXPERIMENT_NAME`).

    Args:
        opening: Of the run.
    """

    errors = (OSError, MlflowException)

    def __init__(self, opening: Opening):
        self._client = mlflow.MlflowClient()
        tag = {_TAG: Journal(opening.folder).id}
        experiment = self._experiment()
        known = self._client.search_runs(
            [experiment], filter_string=f"tags.`{_TAG}` = '{tag[_TAG]}'"
        )
        # The last step of each curve that is there already.
        self._last = {}
        if known:
            self._id = known[0].info.run_id
            self._client.update_run(self._id, status="RUNNING")
            self._last = {
                name: self._steps(name) for name in known[0].data.metrics
            }
            return
        made = self._client.create_run(
            experiment, tags=tag, run_name=opening.name
        )
        self._id = made.info.run_id
        params = [
            Param(name, str(value)[:_LONGEST])
            for name, value in opening.settings.items()
        ]
        self._client.log_batch(self._id, params=params)

    def scalars(self, part: str, step: int, values: dict[str, float]) -> None:
        now = int(1000 * time.time())
        metrics = [
            Metric(name, float(value), now, step)
            for name, value in full_names(part, values).items()
            if step > self._last.get(name, -1)
        ]
        if metrics:
            self._client.log_batch(self._id, metrics=metrics)

    def close(self, *, ended: bool) -> None:
        status = "FINISHED" if ended else "KILLED"
        self._client.set_terminated(self._id, status)

    def _experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        known = self._client.get_experiment_by_name(name)
        if known is not None:
            return known.experiment_id
        return self._client.create_experiment(name)

    def _steps(self, name: str) -> int:
        history = self._client.get_metric_history(self._id, name)
        return max(point.step for point in history)
