"""The page and the table of an audit: whole, escaped, without other files."""

import dataclasses
import json
import os
import re

from pipelines.audit.auditing import Options
from pipelines.audit.auditing import audit_data
from pipelines.audit.label_check import LabelCheck
from pipelines.audit.label_errors import Outlier
from pipelines.audit.label_errors import Suspect
from pipelines.audit.report.page import as_page
from pipelines.audit.report.table import as_table
from pipelines.audit.report.writing import write_report

NO_LABELS = Options(labels=False)


def page_of(found):
    return as_page(found).decode()


def test_names_are_escaped(folder, out, photo, saved):
    ants = os.fsencode(folder / "train" / "ant")
    names = [b"<script>alert(1)<.jpg", b'"onload="x.jpg', b"\xff\n.jpg"]
    for name in names:
        with open(os.path.join(ants, name), "wb") as file:
            file.write(b"")
    found = audit_data(str(folder), str(out), NO_LABELS)
    page = write_report(found, out).page.read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "&#34;onload=" in page
    assert r"\udcff\n.jpg" in page
    assert json.loads((out / "report.json").read_text())["files"]


def test_the_page_needs_nothing_else(folder, out):
    picture = (folder / "train" / "ant" / "0.jpg").read_bytes()
    (folder / "val" / "bee" / "again.jpg").write_bytes(picture)
    page = page_of(audit_data(str(folder), str(out), NO_LABELS))
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == 2
    assert all(each.startswith("data:image/jpeg;base64,") for each in sources)
    assert not re.search(r'href="(?!#)', page)
    assert "default-src 'none'" in page


def test_sizes_are_drawn_and_a_refused_picture_is_not_decoded(folder, out):
    (folder / "train" / "bee" / "cut.jpg").write_bytes(
        (folder / "train" / "bee" / "0.jpg").read_bytes()[:-30]
    )
    page = page_of(audit_data(str(folder), str(out), NO_LABELS))
    for title in (
        "Shorter side, median 48 px",
        "Width / height, median 1.33",
        "File size, median ",
    ):
        assert title in page
    assert "train/bee/cut.jpg" in page and "1 files" not in page
    assert "data:image" not in page


def test_what_a_network_thinks_is_shown(folder, out):
    found = audit_data(str(folder), str(out), NO_LABELS)
    suspect = Suspect(3, 1, 0.75, 0.5, (0, 1, 4))
    opinions = LabelCheck((suspect,), (Outlier(5, 2.5),), accuracy=0.875)
    found = dataclasses.replace(found, label_check=opinions)
    words = " ".join(re.sub("<[^>]*>", " ", page_of(found)).split())
    assert "labelled ant looks like bee likely wrong: 75.0%" in words
    assert "right for 87.5% of pictures it has not seen" in words
    # The suspect, its three neighbours and the outlier.
    assert page_of(found).count('src="data:image/jpeg') == 5
    assert page_of(found).count('<div class="same"') == 2
    assert page_of(found).count('<div class="other"') == 1
    (row,) = as_table(found)["suspect_labels"]
    assert (row["class"], row["suggested"]) == ("ant", "bee")
    assert row["path"] == os.path.join(folder, "train", "ant", "3.jpg")
