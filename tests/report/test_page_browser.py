"""The pages in Chromium: nothing missing, nothing loaded, usable by keyboard, on a telephone, in both themes and without script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from mien.core import paths
from stages import report
from tests.report.browser import Viewer, chromium
from tests.report.fabricated import fabricate
from tests.report.fabricated.hostile import poison

CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
PAGES = ("index.html", "models/good.html")
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    yield from chromium()


@pytest.fixture
def viewer(browser: webdriver.Chrome) -> Viewer:
    return Viewer(browser)


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, full: Path) -> Path:
    path: Path = full / request.param
    return path


def faults(viewer: Viewer, check: str) -> list[str]:
    found: list[str] = viewer.run(CHECKS, check)
    return found


def column(viewer: Viewer, table: str, index: int) -> list[str]:
    script = "return [...document.querySelectorAll(`${arguments[0]} tbody tr`)].map((row) => row.cells[arguments[1]].textContent.trim())"
    found: list[str] = viewer.run(script, table, index)
    return found


FAULTY = """
document.querySelector('.lead').style.color = '#bbb';
document.querySelector('h1').style.width = '3000px';
document.querySelector('main a').replaceChildren();
document.querySelector('use').setAttribute('href', '#nowhere');
Object.assign(document.querySelector('main h2').style, { width: '20px', overflow: 'hidden', whiteSpace: 'nowrap' });
Object.assign(document.querySelector('#theme').style, { height: '9px', padding: 0, fontSize: '6px' });
"""


@pytest.mark.parametrize("check", ["contrast", "overflow", "names", "sprites", "clipped", "targets"])
def test_the_checks_find_what_they_are_for(viewer: Viewer, full: Path, check: str) -> None:
    viewer.open(full / "index.html")
    assert faults(viewer, check) == []
    viewer.run(FAULTY)
    assert len(faults(viewer, check)) >= 1


def test_no_word_on_the_console_and_nothing_asked_for(viewer: Viewer, page: Path) -> None:
    viewer.open(page)
    assert viewer.console() == []
    assert {url for url in viewer.requested() if not url.startswith("data:")} == {page.resolve().as_uri()}


def test_every_picture_is_there(viewer: Viewer, page: Path) -> None:
    viewer.open(page)
    viewer.run(OPEN_ALL)
    assert viewer.run("return document.querySelectorAll('use').length") > 10
    assert faults(viewer, "sprites") == []
    decoded = viewer.browser.execute_async_script(
        """const done = arguments[arguments.length - 1];
        const pictures = [...document.querySelectorAll('symbol image')].map((image) => Object.assign(new Image(), { src:
        image.getAttribute('href') }));
        Promise.all(pictures.map((picture) => picture.decode().then(() => picture.naturalWidth, () => 0))).then(done);"""
    )
    assert decoded and all(width > 0 for width in decoded)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_in_both_themes(viewer: Viewer, page: Path, theme: str) -> None:
    viewer.open(page, theme=theme)
    viewer.run(OPEN_ALL)
    assert faults(viewer, "contrast") == []


@pytest.mark.parametrize("width_px", [320, 390, 820, 1280, 1920])
def test_only_tables_scroll_sideways(viewer: Viewer, page: Path, width_px: int) -> None:
    viewer.open(page, width_px=width_px)
    viewer.run(OPEN_ALL)
    assert faults(viewer, "overflow") == []
    assert faults(viewer, "clipped") == []


def test_everything_to_look_at_or_press_has_a_name(viewer: Viewer, page: Path) -> None:
    viewer.open(page)
    viewer.run(OPEN_ALL)
    assert faults(viewer, "names") == []
    assert faults(viewer, "targets") == []


def test_a_click_sorts_and_another_turns_round(viewer: Viewer, full: Path) -> None:
    viewer.open(full / "index.html")
    assert column(viewer, "#leaderboard", 0) == ["good", "poor"]
    button = viewer.browser.find_element("css selector", "#leaderboard thead th:nth-child(2) button")
    button.click()
    assert button.find_element("xpath", "..").get_attribute("aria-sort") == "descending"
    assert column(viewer, "#leaderboard", 0) == ["good", "poor"]
    button.click()
    assert button.find_element("xpath", "..").get_attribute("aria-sort") == "ascending"
    assert column(viewer, "#leaderboard", 0) == ["poor", "good"]
    assert viewer.run("return document.querySelectorAll('#leaderboard th[aria-sort]:not([aria-sort=none])').length") == 1


def test_the_keyboard_sorts_numbers_as_numbers(viewer: Viewer, full: Path) -> None:
    viewer.open(full / "models/good.html")
    button = viewer.browser.find_element("css selector", "#per-class thead th:nth-child(3) button")
    viewer.run("arguments[0].focus()", button)
    for order in (True, False):
        viewer.browser.switch_to.active_element.send_keys(Keys.ENTER)
        values = [float(text.split()[0][:5]) for text in column(viewer, "#per-class", 2)]
        assert values == sorted(values, reverse=order)


def test_tab_comes_first_to_the_content(viewer: Viewer, page: Path) -> None:
    viewer.open(page)
    viewer.browser.find_element("css selector", "body").send_keys(Keys.TAB)
    assert viewer.browser.switch_to.active_element.get_attribute("class") == "skip"
    viewer.browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert viewer.browser.switch_to.active_element.get_attribute("id") == "main"


def test_the_theme_is_chosen_and_kept(viewer: Viewer, page: Path) -> None:
    viewer.open(page, theme="light")
    colours = "return getComputedStyle(document.body).backgroundColor"
    light = viewer.run(colours)
    button = viewer.browser.find_element("id", "theme")
    assert button.is_displayed() and button.text == "Theme: automatic"
    button.click()
    assert (button.text, viewer.run(colours)) == ("Theme: light", light)
    button.click()
    assert button.text == "Theme: dark" and viewer.run(colours) != light
    viewer.browser.refresh()
    assert viewer.browser.find_element("id", "theme").text == "Theme: dark" and viewer.run(colours) != light
    viewer.browser.find_element("id", "theme").click()
    assert viewer.run(colours) == light


def test_links_lead_from_page_to_page(viewer: Viewer, full: Path) -> None:
    viewer.open(full / "index.html")
    viewer.browser.find_element("link text", "poor").click()
    assert viewer.browser.current_url.endswith("models/poor.html") and viewer.browser.title.startswith("poor")
    viewer.browser.find_element("link text", "All models").click()
    assert viewer.browser.current_url.endswith("index.html")


def test_a_cell_of_the_confusion_matrix_opens_its_failures(viewer: Viewer, full: Path) -> None:
    viewer.open(full / "models/poor.html")
    viewer.run("document.querySelectorAll('details.pair').forEach((details) => { details.open = false; })")
    link = viewer.browser.find_elements("css selector", "#confusion td a")[-1]
    place = str(link.get_attribute("href")).partition("#")[2]
    viewer.run("arguments[0].click()", link)
    viewer.browser.implicitly_wait(2)
    assert viewer.browser.find_element("css selector", f"details#{place}[open]")


def test_without_script_everything_is_there(viewer: Viewer, page: Path) -> None:
    viewer.open(page)
    complete = viewer.run("return document.querySelectorAll('main tr, main use').length")
    viewer.open(page, script=False)
    node = viewer.command("DOM.getDocument", depth=0)["root"]["nodeId"]
    found = viewer.command("DOM.querySelectorAll", nodeId=node, selector="main tr, main use")["nodeIds"]
    assert len(found) == complete
    assert viewer.command("DOM.querySelectorAll", nodeId=node, selector="th button, #theme:not([hidden])")["nodeIds"] == []
    viewer.open(page)


def test_print_shows_what_is_folded_on_white(viewer: Viewer, page: Path) -> None:
    viewer.open(page, theme="dark")
    viewer.command("Emulation.setEmulatedMedia", media="print")
    assert viewer.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    viewer.run("dispatchEvent(new Event('beforeprint'))")
    assert viewer.run("return document.querySelectorAll('details:not([open])').length") == 0
    viewer.command("Emulation.setEmulatedMedia", media="")


def test_hostile_names_run_nothing(viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIEN_TRACKING", "off")
    fabricate(names="original", official=True)
    poison()
    report.main()
    for name in PAGES:
        viewer.open(tmp_path / paths.REPORT / name, width_px=390)
        viewer.run(OPEN_ALL)
        assert viewer.console() == [], "no script, and nothing asked for: the policy of the page would tell of both"
        assert {check: faults(viewer, check) for check in ("overflow", "names")} == {"overflow": [], "names": []}
        assert viewer.run("return document.querySelectorAll('img, iframe, script:not(:last-of-type)').length") == 0


@pytest.mark.parametrize("name", ["index.html", "models/only.html"])
def test_a_bare_run_is_sound_too(viewer: Viewer, bare: Path, name: str) -> None:
    viewer.open(bare / name, width_px=390)
    viewer.run(OPEN_ALL)
    assert viewer.console() == []
    assert {check: faults(viewer, check) for check in ("overflow", "names", "contrast")} == {"overflow": [], "names": [], "contrast": []}
