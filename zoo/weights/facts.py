"""What is known of some weights, whoever says it."""

import dataclasses

from zoo.preprocessing import Preprocessing


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a table, the Hub or a file says; None where nothing is said.

    Args:
        origin: Such as `"torchvision"`; `"zoo"` for our own network.
        preprocessing: What the weights expect of a picture.
        class_names: In label order.
        grid: Rows and columns of the patches that position embeddings are
            for.
    """

    origin: str | None = None
    preprocessing: Preprocessing | None = None
    class_names: tuple[str, ...] | None = None
    grid: tuple[int, int] | None = None
