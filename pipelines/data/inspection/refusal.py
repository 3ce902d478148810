"""What is raised inside the inspection of a file that is to be refused."""


class Refused(Exception):
    """A file is not to be trained on.

    Args:
        kind: A key of `kinds.KINDS`.
        detail: What is wrong, as the end of a sentence about the file.
    """

    def __init__(self, kind: str, detail: str):
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
