"""The report in a real browser: filtered, sorted, on a phone, in the dark, and with hostile names in it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from browser.report_samples import HOSTILE, executions, make

NUMBER, MANY = 200, 10_000


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("report"), NUMBER)


class Report:
    """The page as somebody uses it."""

    def __init__(self, chrome: Chrome, page: Path, fragment: str = "") -> None:
        self.chrome = chrome
        chrome.get("about:blank")  # an address that differs in its fragment only is not loaded anew
        chrome.get(page.as_uri() + fragment)

    def field(self, name: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, f"#filter [name={name}]")

    def choose(self, name: str, value: str) -> None:
        Select(self.field(name)).select_by_value(value)

    def cards(self) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, "#gallery .card")

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        return list(self.chrome.execute_script(script, selector))

    @property
    def found(self) -> str:
        return self.chrome.find_element(By.ID, "found").text

    @property
    def address(self) -> str:
        return self.chrome.current_url.partition("#")[2]


@pytest.fixture
def report(browser: Chrome, page: Path) -> Report:
    return Report(browser, page)


# --- Filter and sort ---------------------------------------------------------------------------------


def test_a_verdict_is_filtered_and_counted(report: Report, until: Callable[..., Any]) -> None:
    report.choose("verdict", "refused")

    until(lambda: report.address == "verdict=refused")
    count = int(report.found.partition(" ")[0])
    assert 0 < count < NUMBER
    assert {text.partition(":")[0] for text in report.texts("#gallery .badge")} == {"refused"}
    assert report.chrome.find_element(By.ID, "found").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize(
    ("name", "value", "selector", "expected"),
    [
        ("class", "1", "#gallery .answer", {"motorcycle"}),
        (
            "truth",
            "wrong",
            "#gallery .truth",
            {"wrong: labelled bicycle", "wrong: labelled motorcycle", "wrong: a person labelled it bicycle"},
        ),
        ("truth", "neither", "#gallery .truth", {"neither: a person labelled it neither"}),
        ("truth", "not known", "#gallery .truth", set()),
    ],
)
def test_each_choice_keeps_what_it_says(
    report: Report, until: Callable[..., Any], name: str, value: str, selector: str, expected: set[str]
) -> None:
    report.choose(name, value)

    until(lambda: report.address.startswith(name))
    assert report.cards()
    assert set(report.texts(selector)) == expected


def test_a_range_and_a_text_are_typed(report: Report, until: Callable[..., Any]) -> None:
    report.field("min").send_keys("0.95")
    report.field("max").send_keys("0.99")
    report.field("text").send_keys("PICTURE_001 out of domain")

    until(lambda: report.address == "min=0.95&max=0.99&text=PICTURE_001+out+of+domain")
    assert report.cards()
    assert all(0.95 <= float(text) <= 0.99 for text in report.texts("#gallery .best span + span"))
    assert all("test/picture_001" in text for text in report.texts("#gallery .where"))
    assert {"refused: out of domain"} == set(report.texts("#gallery .badge"))


@pytest.mark.parametrize(("sort", "is_falling"), [("surest", True), ("unsurest", False)])
def test_captures_are_sorted_by_confidence(
    report: Report, until: Callable[..., Any], sort: str, is_falling: bool
) -> None:
    report.choose("sort", sort)

    until(lambda: report.address == f"sort={sort}")
    shown = [float(text) for text in report.texts("#gallery .best span + span")]
    assert len(shown) >= 60
    assert shown == sorted(shown, reverse=is_falling)


def test_captures_are_sorted_by_time(report: Report, until: Callable[..., Any]) -> None:
    report.choose("sort", "oldest")

    until(lambda: report.address == "sort=oldest")
    script = "return [...document.querySelectorAll('#gallery time')].map((time) => time.dateTime)"
    times = report.chrome.execute_script(script)
    assert times[0].startswith("2026-03-01T12:00:00")
    assert times == sorted(times)


def test_nothing_found_is_said_and_reset_brings_all_back(report: Report, until: Callable[..., Any]) -> None:
    report.field("text").send_keys("no such picture")
    until(lambda: report.found == f"None of {NUMBER} captures is like that")
    assert report.cards() == []

    report.chrome.find_element(By.CSS_SELECTOR, "#filter [type=reset]").send_keys(Keys.ENTER)

    until(lambda: report.found == f"{NUMBER} of {NUMBER} captures")
    assert report.address == ""


def test_the_address_brings_the_same_view_again(browser: Chrome, page: Path) -> None:
    report = Report(browser, page, "#verdict=refused&sort=surest&text=picture")

    assert Select(report.field("verdict")).first_selected_option.text == "refused"
    assert report.field("text").get_attribute("value") == "picture"
    assert {text.partition(":")[0] for text in report.texts("#gallery .badge")} == {"refused"}


def test_an_address_that_asks_for_nonsense_shows_everything(browser: Chrome, page: Path) -> None:
    report = Report(browser, page, "#verdict=<b>&class=99&min=x&sort=constructor")

    assert report.found == f"{NUMBER} of {NUMBER} captures"


# --- The keyboard ------------------------------------------------------------------------------------


def test_the_filter_is_reached_and_used_with_the_keyboard_alone(
    report: Report, until: Callable[..., Any]
) -> None:
    body = report.chrome.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    assert report.chrome.switch_to.active_element.text == "Skip to the summary"
    report.chrome.execute_script("document.querySelector('#filter select').focus()")
    for _ in range(1):
        report.chrome.switch_to.active_element.send_keys(Keys.TAB)
    focused = report.chrome.switch_to.active_element
    assert focused.get_attribute("name") == "verdict"

    focused.send_keys(Keys.ARROW_DOWN)

    until(lambda: report.address == "verdict=accepted")
    outline = report.chrome.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_showing_more_leaves_the_keyboard_at_the_first_new_card(report: Report) -> None:
    more = report.chrome.find_element(By.ID, "more")
    before = len(report.cards())
    assert more.is_displayed()

    report.chrome.execute_script("arguments[0].focus({preventScroll: true})", more)
    report.chrome.execute_script("arguments[0].click()", more)

    script = "return [...document.querySelectorAll('#gallery .card')].indexOf(document.activeElement)"
    assert report.chrome.execute_script(script) >= before


# --- How it looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_phone_scrolls_down_only(
    browser: Chrome, page: Path, emulate: Any, screenshot: Callable[[str], Path], is_dark: bool
) -> None:
    emulate.phone()
    if is_dark:
        emulate.dark()
    Report(browser, page)

    script = "return [document.documentElement.scrollWidth, innerWidth]"
    assert browser.execute_script(script) == [390, 390]
    assert screenshot("phone").stat().st_size > 10_000


CONTRASTS = """
const luminance = (text) => {
  const [r, g, b] = text.match(/[\\d.]+/g).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
const low = [];
for (const element of document.querySelectorAll("body *")) {
  const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.textContent.trim());
  if (!texts.length || element.closest("script, noscript, .skip") || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const colour = element.closest("svg") ? style.fill : style.color;
  const [a, b] = [luminance(colour), luminance(behind(element))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < 4.5) low.push([contrast.toFixed(2), element.className, texts[0].textContent.slice(0, 40)]);
}
return low;
"""


@pytest.mark.parametrize("is_dark", [False, True])
def test_every_text_stands_out_from_what_is_behind_it(
    browser: Chrome, page: Path, emulate: Any, is_dark: bool
) -> None:
    if is_dark:
        emulate.dark()
    report = Report(browser, page)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")

    assert browser.execute_script(CONTRASTS) == []
    backgrounds = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (backgrounds == "rgb(18, 22, 27)") is is_dark
    assert report.cards()


def test_nothing_moves_for_those_who_do_not_want_it(browser: Chrome, page: Path, emulate: Any) -> None:
    emulate.reduced_motion()
    Report(browser, page)

    script = "return getComputedStyle(document.documentElement).scrollBehavior"
    assert browser.execute_script(script) == "auto"


def test_headings_pictures_and_fields_have_names(report: Report) -> None:
    script = """
    const all = (selector) => [...document.querySelectorAll(selector)];
    const levels = all("h1, h2, h3").map((one) => Number(one.tagName[1]));
    const ids = all("[id]").map((one) => one.id);
    return {
      skipped: levels.filter((level, place) => place && level > levels[place - 1] + 1).length,
      images: all("img").filter((one) => !one.alt).length,
      drawings: all("svg[role=img]").filter((one) => !one.ariaLabel).length,
      fields: all("#filter input, #filter select").filter((one) => !one.labels.length).length,
      tables: all("table").filter((one) => !one.caption).length,
      ids: ids.filter((id, place) => ids.indexOf(id) !== place),
    };
    """
    assert report.chrome.execute_script(script) == {
        "skipped": 0, "images": 0, "drawings": 0, "fields": 0, "tables": 0, "ids": [],
    }  # fmt: skip


# --- Nothing from outside ----------------------------------------------------------------------------


def test_the_page_complains_of_nothing_and_asks_for_nothing(
    report: Report, console: Callable[[], list[str]]
) -> None:
    names = "performance.getEntriesByType('resource').map((entry) => entry.name)"
    requests = report.chrome.execute_script(f"return {names}")

    assert [name for name in requests if not name.startswith("data:")] == []
    assert console() == []


def test_hostile_names_are_texts(
    browser: Chrome, page: Path, console: Callable[[], list[str]], until: Callable[..., Any]
) -> None:
    report = Report(browser, page, "#text=onerror")

    assert HOSTILE in report.texts("#gallery .where bdi")
    assert HOSTILE in report.texts("td bdi")
    assert browser.find_elements(By.CSS_SELECTOR, "img[src=x], [onerror]") == []
    assert (
        len(browser.find_elements(By.TAG_NAME, "script")) == 1
    )  # the data's element is gone when it is read
    assert console() == []


def test_the_policy_stops_a_script_that_slipped_in(report: Report, console: Callable[[], list[str]]) -> None:
    report.chrome.execute_script(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.was = 1\">');"
        "const one = document.createElement('script'); one.textContent = 'window.was = 2';"
        "document.body.append(one)"
    )

    assert report.chrome.execute_script("return window.was ?? 0") == 0
    assert "Content Security Policy" in "".join(console())


# --- Executions --------------------------------------------------------------------------------------


def test_a_capture_leads_to_its_execution_in_the_page(browser: Chrome, page: Path) -> None:
    report = Report(browser, page, "#sort=oldest")
    link = browser.find_element(By.CSS_SELECTOR, "#gallery .card a")
    target = link.get_attribute("href").partition("#")[2]

    browser.execute_script("arguments[0].click()", link)

    row = browser.find_element(By.ID, target)
    assert "test/picture_00000.png" in row.text
    assert row.is_displayed()
    assert report.cards()


def test_an_execution_on_aws_leads_to_the_console(browser: Chrome, tmp_path: Path) -> None:
    page = make(tmp_path, 10, executions(10, is_local=False))
    Report(browser, page, "#sort=oldest")

    link = browser.find_element(By.CSS_SELECTOR, "#gallery .card a").get_attribute("href")

    assert link.startswith("https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/exec")
    assert link.endswith("execution:classify-vehicle:test-0")


def test_the_graphs_show_the_way_that_was_taken(report: Report) -> None:
    taken = report.texts(".graph.refused .state.taken text")

    assert set(taken) == {
        "serializeImageData", "image-classification", "THRESHOLD_CONFIDENCE", "InspectScore",
        "QueueForReview",
        "THRESHOLD_CONFIDENCE_NOT_MET",
    }  # fmt: skip
    assert len(report.chrome.find_elements(By.CSS_SELECTOR, ".graph.refused .way.taken")) == 5
    assert "Classified" in report.texts(".graph.accepted .state.taken text")


def test_the_events_beside_a_graph_are_seen_without_scrolling_sideways(report: Report) -> None:
    widths = report.chrome.execute_script(
        "return [...document.querySelectorAll('.events .scroll')]"
        ".map((one) => [one.scrollWidth, one.clientWidth])"
    )

    assert len(widths) == 3
    assert all(needed <= there for needed, there in widths)


def test_a_verdict_has_one_colour_wherever_it_stands(report: Report) -> None:
    bars = report.chrome.execute_script(
        "return [...document.querySelectorAll('#summary .wide .plot path')]"
        ".map((one) => getComputedStyle(one).fill)"
    )
    tones = report.chrome.execute_script(
        "return ['accepted', 'refused', 'failed'].map((one) => getComputedStyle("
        "document.querySelector(`.execution.${one} h3`)).borderLeftColor)"
    )

    assert set(tones) <= set(bars)


# --- Without JavaScript, and with very many captures -------------------------------------------------


def test_the_first_captures_are_there_without_javascript(browser: Chrome, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        report = Report(browser, page)

        assert len(report.cards()) == 48
        assert browser.find_element(By.CSS_SELECTOR, ".tile .value").text == f"{NUMBER}"
        assert not report.field("text").is_displayed()
        assert "Without JavaScript there is no filter." in browser.find_element(By.TAG_NAME, "main").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_ten_thousand_captures_are_filtered_and_drawn_piece_by_piece(
    browser: Chrome, tmp_path: Path, until: Callable[..., Any]
) -> None:
    report = Report(browser, make(tmp_path, MANY))
    assert report.found == "10,000 of 10,000 captures"
    assert len(report.cards()) < MANY / 10

    report.choose("verdict", "accepted")
    report.choose("sort", "surest")
    until(lambda: report.address == "verdict=accepted&sort=surest")
    drawn = len(report.cards())
    browser.execute_script("document.getElementById('more').scrollIntoView()")

    until(lambda: len(report.cards()) > drawn)
    assert re.fullmatch(r"\d,\d{3} of 10,000 captures", report.found)
    data = json.dumps(report.texts("#gallery .badge"))
    assert "refused" not in data
