"""All checks, one after the other."""

import dataclasses
from collections.abc import Callable

import zoo
from pipelines.data.sources.opening import open_splits
from pipelines.devices.strategy import quick_precision
from pipelines.doctor.disk import check_disk
from pipelines.doctor.findings import Finding
from pipelines.doctor.machine import check_gpus
from pipelines.doctor.machine import check_processor
from pipelines.doctor.machine import check_tf32
from pipelines.doctor.machine import check_versions
from pipelines.doctor.trials import check_devices
from pipelines.doctor.trials import check_finite
from pipelines.doctor.trials import check_model
from pipelines.runs.settings import AUTO


@dataclasses.dataclass(frozen=True)
class Request:
    """What is to be tried.

    Args:
        runs: The folder that runs are written to.
        model: One of `zoo.list_models()` to take a step of; None for none.
        image_size: In pixels; the model's own where None.
        batch_size: Of a global batch.
        precision: Out of `PRECISIONS`, or `auto`.
        data: The pictures of an epoch; None where there are none.

    Raises:
        RequestError: There is no such model, or no such data.
        DataError: The pictures cannot be used.
    """

    runs: str
    model: str | None = None
    image_size: int | None = None
    batch_size: int = 32
    precision: str = AUTO
    data: str | None = None

    def model_check(self) -> Callable[[], Finding]:
        """Looks at what was asked for, and returns the check."""
        size = self.image_size or zoo.model_info(self.model).input_size
        precision = self.precision
        if precision == AUTO:
            precision = quick_precision()
        examples = len(open_splits(self.data).train) if self.data else None
        return lambda: check_model(
            self.model, size, self.batch_size, precision, examples
        )


def examine(request: Request, say=print) -> list[Finding]:
    """Runs all checks.

    Args:
        request: What is to be tried.
        say: Told each finding as soon as it is there.

    Raises:
        RequestError: There is no such model, or no such data.
        DataError: The pictures cannot be used.
    """
    checks = [
        check_processor,
        check_gpus,
        check_versions,
        check_tf32,
        lambda: check_disk(request.runs),
        check_finite,
        check_devices,
    ]
    if request.model is not None:
        checks.append(request.model_check())
    findings = []
    for check in checks:
        findings.append(check())
        say(str(findings[-1]))
    return findings
