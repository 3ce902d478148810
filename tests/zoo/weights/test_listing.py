"""What the table of weights says was checked."""

from zoo.cards import CARDS
from zoo.weights import parity
from zoo.weights.listing import checked
from zoo.weights.listing import markdown_table
from zoo.weights.origins import origins_of
from zoo.weights.sources import find_source


def test_the_largest_error_of_all_formats_counts(tmp_path, monkeypatch):
    path = tmp_path / "parity.csv"
    path.write_text(
        "model, origin, version, file, error\n"
        "resnet50, torchvision, 0.28.0+cpu, .pth, 1.0e-06\n"
        "resnet50, torchvision, 0.28.0+cpu, .safetensors, 3.0e-06\n"
    )
    monkeypatch.setattr(parity, "_FILE", path)
    parity._rows.cache_clear()
    try:
        found = parity.parity_of("resnet50", "torchvision")
        assert found == parity.Parity("0.28.0", 3e-6)
        assert parity.parity_of("resnet50", "timm") is None
        row = find_source("resnet50", "imagenet/torchvision_v1")
        assert checked(row) == "torchvision 0.28.0 (3e-06)"
        row = find_source("resnet50", "imagenet/timm_a1")
        assert checked(row) == "—"
    finally:
        parity._rows.cache_clear()


def test_what_was_checked_is_of_this_zoo_and_within_the_tolerance():
    assert len(parity._rows()) > 30
    for (model, origin), found in parity._rows().items():
        assert origin in origins_of(model) and model in CARDS
        assert 0 <= found.error < 1e-4


def test_networks_without_weights_are_in_the_table():
    rows = markdown_table().splitlines()
    (row,) = (row for row in rows if row.startswith("| resnet110 |"))
    assert "akamaster rebuilt in torch" in row and row.count("—") == 6
