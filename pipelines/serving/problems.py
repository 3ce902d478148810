"""What can be wrong with a request. Pure Python: HTTP's words are elsewhere."""


class AskedWrongError(Exception):
    """A request that cannot be answered; `status` is what HTTP says of it."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


class OverloadedError(Exception):
    """More is asked than can be answered soon."""


class UnknownModelError(Exception):
    """There is no model of that name or version."""
