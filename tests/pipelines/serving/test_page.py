"""The page in a browser: dropped pictures become answers, loaded from here."""

import base64
import pathlib
import shutil

import pytest

pytestmark = pytest.mark.extras
CHROMIUM = shutil.which("chromium")
_DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const moved = new DataTransfer();
  moved.items.add(new File([bytes], name, {type: "image/png"}));
  document.dispatchEvent(new DragEvent("drop",
    {dataTransfer: moved, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield found
        found.close()


class Watched:
    """A page, and what it asked for and complained of."""

    def __init__(self, browser, address, **settings):
        self.page = browser.new_page(**settings)
        self.page.set_default_timeout(60_000)
        self.asked, self.complaints = [], []
        self.page.on("request", lambda each: self.asked.append(each.url))
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.goto(address)

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def test_pictures_are_chosen_dropped_and_taken(
    serving, browser, tmp_path, encode, noise
):
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(encode(noise(40, 50, number)))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with serving() as server:
        address = f"http://localhost:{server.port}/"
        seen = Watched(browser, address)
        page = seen.page
        page.get_by_text("3 classes, computed by keras").wait_for()
        assert page.locator("#models").is_hidden()

        page.get_by_label("Choose pictures").set_input_files(files)
        page.get_by_role("status").get_by_text("3 answered").wait_for()
        assert page.locator("#list > li").count() == 3
        first = page.locator("#list > li").first
        assert first.get_by_role("table", name="Classes").count() == 1
        shares = first.locator(".likely").all_text_contents()
        numbers = [float(share.split()[0]) for share in shares]
        assert abs(sum(numbers) - 100) < 0.3
        assert numbers == sorted(numbers, reverse=True)
        width = first.locator(".bar span").first.evaluate("e => e.style.width")
        assert float(width.rstrip("%")) == numbers[0]

        first.get_by_role("button", name="Show where it looks").click()
        first.get_by_role("img", name="bright is where it sees").wait_for()

        text = base64.b64encode(files[0].read_bytes()).decode()
        page.evaluate(_DROP, ["dropped.png", text])
        page.get_by_role("status").get_by_text("4 answered").wait_for()
        page.get_by_role("heading", name="dropped.png").wait_for()

        page.get_by_label("Choose pictures").set_input_files(
            tmp_path / "bad.png"
        )
        page.get_by_text("is no picture but text").wait_for()

        page.get_by_role("button", name="Use the camera").click()
        page.get_by_role("button", name="Take the picture").click()
        page.get_by_role("heading", name="From the camera").wait_for()
        page.get_by_role("button", name="Stop the camera").click()
        assert page.locator("#video").is_hidden()
        page.get_by_role("status").get_by_text("5 answered").wait_for()

    assert {each.split("/")[2] for each in seen.asked if "http" in each} == {
        f"localhost:{server.port}"
    }
    # What is no picture is answered 415, which browsers note.
    assert all("415" in each for each in seen.complaints), seen.complaints


def test_several_models_and_a_token(
    serving, browser, small_model, tmp_path, encode, noise
):
    (tmp_path / "token").write_text("correct-horse-battery")
    (tmp_path / "picture.png").write_bytes(encode(noise(30, 30)))
    with serving(
        model=(f"first={small_model}", f"second={small_model}"),
        token_file=str(tmp_path / "token"),
    ) as server:
        page = Watched(browser, f"http://localhost:{server.port}/").page
        page.get_by_text("A token is needed").wait_for()
        page.get_by_label("Token").fill("correct-horse-battery")
        page.get_by_label("Token").press("Tab")
        page.get_by_label("Model").select_option("second")
        page.get_by_text("second, version 1").wait_for()
        page.get_by_label("Choose pictures").set_input_files(
            tmp_path / "picture.png"
        )
        page.get_by_role("status").get_by_text("1 answered").wait_for()
        text = server.service.metrics.text().decode()
    assert 'zoo_batch_pictures_count{model="second"} 1.0' in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_can_be_read(
    serving, browser, tmp_path, encode, noise, scheme, width
):
    (tmp_path / "a-name-that-goes-on-and-on.png").write_bytes(
        encode(noise(30, 90))
    )
    with serving() as server:
        seen = Watched(
            browser,
            f"http://localhost:{server.port}/",
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
        )
        page = seen.page
        files = list(pathlib.Path(tmp_path).glob("*.png"))
        page.get_by_label("Choose pictures").set_input_files(files)
        page.get_by_role("status").get_by_text("1 answered").wait_for()
        for path in ("/", "/docs"):
            if path != "/":
                page.goto(f"http://localhost:{server.port}{path}")
            assert page.evaluate(
                "document.documentElement.scrollWidth <= window.innerWidth"
            )
            assert contrast(page) >= 4.5


_SHARES = (0.2126, 0.7152, 0.0722)


def contrast(page):
    """Of the faint text on the ground, as WCAG 2.1 has it."""
    colours = page.evaluate(
        "[getComputedStyle(document.querySelector('.faint')).color,"
        " getComputedStyle(document.body).backgroundColor]"
    )
    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    levels = [int(each) / 255 for each in colour[4:-1].split(",")]
    linear = [
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4
        for each in levels
    ]
    return sum(w * each for w, each in zip(_SHARES, linear, strict=True))


def test_everything_is_reached_by_the_keyboard(serving, browser):
    with serving() as server:
        page = Watched(browser, f"http://localhost:{server.port}/").page
        reached = []
        for _ in range(5):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate(
                    "document.activeElement.id || "
                    "document.activeElement.getAttribute('href')"
                )
            )
    assert reached == ["#answers", "files", "camera", "/docs", "/metrics"]
