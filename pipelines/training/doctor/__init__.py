"""Whether this machine can train: a check after the other."""

from pipelines.training.doctor.examination import Request
from pipelines.training.doctor.examination import examine
from pipelines.training.doctor.faults import check_kills
from pipelines.training.doctor.findings import Finding

__all__ = ["Finding", "Request", "check_kills", "examine"]
