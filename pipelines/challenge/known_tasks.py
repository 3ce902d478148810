"""Tasks that a name is enough for, and which classes two sources share."""

import dataclasses

from pipelines.data.spelling import folded


@dataclasses.dataclass(frozen=True)
class KnownTask:
    """A task of a public challenge.

    Args:
        name: What it is called.
        data: Where its pictures are, as `data` of a run takes it.
        from_where: The challenge that it comes from.
    """

    name: str
    data: str
    from_where: str


KNOWN_TASKS = {
    row.name: row
    for row in (
        KnownTask(
            "imagenet",
            "tfds:imagenet2012",
            "ILSVRC 2012 (Russakovsky et al., 2015)",
        ),
        KnownTask(
            "places",
            "tfds:places365_small",
            "Places Challenge 2016 (Zhou et al., 2017)",
        ),
        KnownTask(
            "inaturalist",
            "tfds:i_naturalist2017",
            "iNaturalist 2017 (Van Horn et al., 2018)",
        ),
    )
}
# What CIFAR-10 calls a class, and what VOC and COCO call the same. Equal names
# need no row. ImageNet's are by WordNet's number, which no name hides behind:
# only classes of COCO that are one class there.
_SAME = (
    ("airplane", "aeroplane"),
    ("automobile", "car"),
    ("ship", "boat"),
    ("n02391049", "zebra"),
    ("n02769748", "backpack"),
    ("n03085013", "keyboard"),
    ("n03642806", "laptop"),
    ("n03761084", "microwave"),
    ("n03793489", "mouse"),
    ("n04070727", "refrigerator"),
    ("n04399382", "teddy bear"),
    ("n04442312", "toaster"),
    ("n04507155", "umbrella"),
    ("n04522168", "vase"),
    ("n06874185", "traffic light"),
    ("n07697537", "hot dog"),
    ("n07714990", "broccoli"),
    ("n07747607", "orange"),
    ("n07753592", "banana"),
    ("n07873807", "pizza"),
)


def shared_classes(names, others) -> dict[str, str]:
    """Returns which classes of another source are classes of a task.

    Args:
        names: Of the task.
        others: Of the other source.

    Returns:
        The task's class by the other source's; capitals do not count.

    Example:

        >>> from pipelines.challenge.known_tasks import shared_classes
        >>> shared_classes(["automobile", "cat"], ["Cat", "car", "cup"])
        {'Cat': 'cat', 'car': 'automobile'}
    """
    ours = {folded(name): name for name in names}
    for name, other in _SAME:
        if folded(name) in ours:
            ours.setdefault(folded(other), ours[folded(name)])
    found = {other: ours.get(folded(other)) for other in others}
    return {other: name for other, name in found.items() if name is not None}
