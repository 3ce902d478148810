"""Whether this machine can train: a check after the other."""

from pipelines.doctor.examination import Request
from pipelines.doctor.examination import examine
from pipelines.doctor.faults import check_kills
from pipelines.doctor.findings import Finding

__all__ = ["Finding", "Request", "check_kills", "examine"]
