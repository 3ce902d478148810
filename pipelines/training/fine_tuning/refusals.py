"""What has no meaning together, refused before anything is filled in."""

from pipelines.runs.settings import AUTO
from pipelines.runs.settings import default_of
from pipelines.training.config import FinetuneConfig
from zoo.errors import RequestError


def check_finding(config: FinetuneConfig) -> None:
    """Refuses what has no meaning where only a rate is looked for.

    Raises:
        RequestError: A setting would be ignored.
    """
    for name in ("plan", "probe", "learning_rate", "epochs", "patience"):
        usual = default_of(FinetuneConfig, name), AUTO
        if getattr(config, name) not in usual:
            raise RequestError(
                f"`find_lr` only looks for a learning rate, so `{name}` has "
                "no meaning with it. Leave one of the two out."
            )
