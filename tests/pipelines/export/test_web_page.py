"""The page for browsers, and a real one that opens it as a file."""

import re
import shutil
import types

import numpy as np
import pytest

import zoo
from pipelines.data.framing import whole_picture
from pipelines.data.sources.opening import open_held_out
from pipelines.evaluation.held_out import ToJudge
from pipelines.export import browser_runtime
from pipelines.export.browser_runtime import check_obtainable
from pipelines.export.browser_runtime import runtime_files
from pipelines.export.exporting import export_model
from pipelines.export.exporting import open_written
from pipelines.export.formats import PROGRAMS
from pipelines.export.paired_judging import Demands
from pipelines.export.quantizing import EightBits
from pipelines.export.quantizing import quantize_model
from zoo.errors import IntegrityError
from zoo.errors import RequestError

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A working folder without packages of npm."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _npm(monkeypatch, **done):
    monkeypatch.setattr(browser_runtime.shutil, "which", lambda _: "npm")
    answer = types.SimpleNamespace(**{"returncode": 0, "stdout": ""} | done)
    monkeypatch.setattr(
        browser_runtime.subprocess, "run", lambda *_, **__: answer
    )


def test_without_npm_it_is_said_before_anything_is_done(elsewhere, monkeypatch):
    monkeypatch.setattr(browser_runtime.shutil, "which", lambda _: None)
    with pytest.raises(RequestError, match="npm install onnxruntime-web@"):
        check_obtainable()


def test_what_npm_says_is_told(elsewhere, monkeypatch):
    _npm(monkeypatch, returncode=1, stderr="npm error\n code ENOTFOUND")
    with pytest.raises(RequestError, match=r"npm error code ENOTFOUND\. Where"):
        runtime_files()


def test_files_of_another_version_are_refused(elsewhere):
    dist = elsewhere / "node_modules" / "onnxruntime-web" / "dist"
    dist.mkdir(parents=True)
    (dist / "ort.wasm.min.js").write_text("alert(1)")
    check_obtainable()
    with pytest.raises(IntegrityError, match=r"ort\.wasm\.min\.js is not that"):
        runtime_files()


@pytest.fixture(scope="module")
def browser():
    """Without a network: it cannot even look names up."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no chromium here, whose answers are looked at")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def model():
    return zoo.create_model("alexnet_cifar", weights="cifar10")


@pytest.fixture(scope="module")
def page_file(model, tmp_path_factory):
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here, which has what the page runs by")
    folder = tmp_path_factory.mktemp("web") / "net"
    export_model(model, folder, "web")
    return folder / "web" / "index.html"


def _opened(browser, file):
    context = browser.new_context(offline=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text))
    page.goto(file.as_uri())
    _wait_for(page, "ready")
    return page, errors


def _wait_for(page, state: str):
    """Ends at what the page says then, even where that is something else."""
    from playwright.sync_api import expect

    said = page.locator("#state")
    # As many seconds as starting takes on a machine that does other work.
    expect(said).not_to_have_text(re.compile("…$"), timeout=60_000)
    expect(said).to_have_text(re.compile(f"^{state}"))


def _choose(page, encoded: bytes):
    given = {"name": "a.png", "mimeType": "image/png", "buffer": encoded}
    page.set_input_files("#file", given)


def _told(page):
    rows = page.locator("#answers tbody tr").all()
    cells = [row.locator("td").all_text_contents() for row in rows]
    return [name for name, _ in cells], [float(value) for _, value in cells]


@pytest.mark.extras
def test_a_browser_says_what_the_model_says(
    browser, page_file, model, encode, smooth
):
    page, errors = _opened(browser, page_file)
    for sides in ((45, 70), (90, 33)):
        encoded = encode(smooth(*sides))
        _choose(page, encoded)
        _wait_for(page, "done")
        names, values = _told(page)
        shown = whole_picture(encoded, zoo.preprocessing(model))
        logits = model(shown[np.newaxis])[0].numpy()
        order = np.argsort(-logits)[:5]
        assert names == [zoo.class_names(model)[i] for i in order]
        np.testing.assert_allclose(values, logits[order], atol=2e-3)
    assert not errors


@pytest.mark.extras
def test_a_browser_in_eight_bits(
    browser, model, flowers, encode, smooth, tmp_path
):
    """As onnxruntime says it here, but for a level where both round."""
    judging = ToJudge(flowers, open_held_out(flowers))
    quantize_model(
        *(model, tmp_path / "net", EightBits("web", pictures=20), judging),
        demands=Demands(most_lost=10, least_agreement=85, fewest=40),
    )
    place = tmp_path / "net" / "alexnet_cifar" / "1"
    answer = open_written(PROGRAMS["onnx"], place)
    page, _ = _opened(browser, tmp_path / "net" / "web" / "index.html")
    for sides in ((45, 70), (90, 33)):
        pixels = smooth(*sides)
        _choose(page, encode(pixels))
        _wait_for(page, "done")
        (logits,) = answer(pixels[np.newaxis])
        known = dict(zip(zoo.class_names(model), logits, strict=True))
        names, values = _told(page)
        levels = np.diff(np.unique(logits))
        np.testing.assert_allclose(
            values, [known[name] for name in names], atol=1.01 * levels.min()
        )


@pytest.mark.extras
def test_a_picture_is_dropped_and_what_is_none_is_said(
    browser, page_file, encode, smooth
):
    page, _ = _opened(browser, page_file)
    page.evaluate(
        """bytes => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(bytes)], "a.png"));
          document.getElementById("drop").dispatchEvent(
            new DragEvent("drop", {dataTransfer: given}));
        }""",
        list(encode(smooth(40, 40))),
    )
    _wait_for(page, "done")
    assert len(_told(page)[0]) == 5
    _choose(page, b"no picture")
    _wait_for(page, "this picture cannot be read")
    assert page.locator("#answers").is_hidden()
