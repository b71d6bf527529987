"""The labelling page in a real browser, over real queues: what a person sees, presses and is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from unit.labelling.pages import Page, served
from unit.labelling.review import CAUSE, Review

from .conftest import Emulation

Until = Callable[[Callable[[], Any]], Any]
Screenshot = Callable[[str], Path]


class Person:
    """Somebody with the page before them."""

    def __init__(self, browser: Chrome, page: Page, until: Until) -> None:
        self.browser, self._page, self._until = browser, page, until

    def open(self) -> None:
        self.browser.get(self._page.origin + self._page.path)
        self.ready()

    def ready(self) -> None:
        """Wait until the page takes a decision."""
        self._until(lambda: self.browser.execute_script("return state !== null && !busy"))

    def at(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.at(selector).text

    def buttons(self) -> list[str]:
        """The answers that there are, each with its key."""
        script = (
            "return [...arguments[0].children].map((one) => [...one.childNodes].map((n) => n.textContent))"
        )
        return [" ".join(parts) for parts in self.browser.execute_script(script, self.at("#choices"))]

    def press(self, *keys: str) -> None:
        """Press keys one after the other, each when the page takes one."""
        for key in keys:
            self.ready()
            ActionChains(self.browser).send_keys(key).perform()
            self.ready()

    def click(self, text: str) -> None:
        self.ready()
        found = self.browser.find_elements(By.CSS_SELECTOR, "button")
        next(one for one in found if one.is_displayed() and one.text.startswith(text)).click()
        self.ready()


@pytest.fixture
def page(review: Review) -> Iterator[Page]:
    with served(review.session()) as page:
        yield page


@pytest.fixture
def person(browser: Chrome, page: Page, until: Until, console: Callable[[], list[str]]) -> Iterator[Person]:
    yield Person(browser, page, until)
    # Neither a script's failure nor a request that the page may not make, whatever the test was about.
    assert [line for line in console() if "favicon" not in line and "409" not in line] == []


def test_the_page_shows_picture_confidences_and_why_it_was_refused(
    review: Review,
    person: Person,
    screenshot: Screenshot,
) -> None:
    review.doubt("test/some_bicycle.png", out_of_domain=0.25)
    person.open()

    assert person.text("#key") == "test/some_bicycle.png"
    lines = person.browser.find_elements(By.CSS_SELECTOR, "#confidences li")
    assert [line.text.split("\n") for line in lines] == [
        ["bicycle", "0.6100"],
        ["motorcycle", "0.3900"],
        ["out of domain", "0.2500"],
    ]
    assert person.text("#cause") == CAUSE
    assert person.buttons() == ["bicycle 1", "motorcycle 2", "neither n", "skip s"]
    assert person.text("#progress") == "0 labelled, 0 skipped, about 1 to go"
    natural = person.browser.execute_script(
        "const p = arguments[0]; return [p.naturalWidth, p.alt]", person.at("#picture")
    )
    assert natural == [32, "The picture to label, test/some_bicycle.png, enlarged"]
    screenshot("desktop")


def test_keys_label_one_picture_after_the_other(review: Review, person: Person) -> None:
    review.doubt("a.png", "b.png", "c.png", "d.png")
    person.open()

    person.press("1", "2", "n", "s")

    assert sorted(review.classes().values()) == ["bicycle", "motorcycle", "neither"]
    assert person.text("#progress") == "3 labelled, 1 skipped, about 1 to go"
    assert person.text("#empty h2") == "Nothing waits for a label"
    assert person.text("#said") == "Skipped."
    person.click("Look again")
    assert person.at("#item").is_displayed()
    person.press("1")
    assert (len(review.labels()), review.left()) == (4, (0, 0))


def test_buttons_label_and_tell(review: Review, person: Person) -> None:
    review.doubt("a.png")
    person.open()

    person.click("motorcycle")

    assert person.text("#said") == "Labelled motorcycle."
    assert list(review.classes().values()) == ["motorcycle"]


def test_other_keys_and_combinations_do_nothing(review: Review, person: Person) -> None:
    review.doubt("a.png")
    person.open()

    person.press("x", "3", "q", "d", Keys.ARROW_DOWN, Keys.ESCAPE)
    for modifier in (Keys.CONTROL, Keys.ALT, Keys.META):
        ActionChains(person.browser).key_down(modifier).send_keys("1").key_up(modifier).perform()
    person.at("#shortcuts").click()
    person.press("1")
    assert review.labels() == {}

    person.at("#shortcuts").click()
    person.press("1")
    assert list(review.classes().values()) == ["bicycle"]


def test_all_can_be_done_with_tab_and_enter_and_the_focus_stays(review: Review, person: Person) -> None:
    review.doubt("a.png", "b.png")
    review.send(review.message("gone.png"))
    person.open()
    focused = "return document.activeElement.id || document.activeElement.firstChild?.textContent"

    while person.at("#problem").is_displayed():  # SQS has no order
        person.press("s")
    person.press(Keys.TAB, Keys.TAB)
    assert person.browser.execute_script(focused) == "motorcycle"
    outline = person.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    person.press(Keys.ENTER)
    assert list(review.classes().values()) == ["motorcycle"]
    assert person.browser.execute_script(focused) in {
        "motorcycle",
        "key",
    }  # key: that picture's button is gone


def test_what_happened_is_announced(review: Review, person: Person) -> None:
    review.doubt("a.png")
    person.open()

    said = person.at("#said")
    assert (said.get_attribute("role"), said.get_attribute("aria-live")) == ("status", "polite")
    assert person.at("#alert").get_attribute("role") == "alert"
    assert person.at("#choices").get_attribute("aria-label") == "Your answer"
    buttons = person.browser.find_elements(By.CSS_SELECTOR, "#choices button")
    assert [one.get_attribute("aria-keyshortcuts") for one in buttons] == ["1", "2", "n", "s"]


def test_a_picture_that_is_gone_is_told_and_dropped(
    review: Review,
    person: Person,
    screenshot: Screenshot,
) -> None:
    stranger = review.send("hello")
    review.send(review.message("gone.png"))
    person.open()

    assert person.text("#problem") == "the picture is gone from S3"
    assert person.buttons() == ["drop it d", "skip s"]
    screenshot("gone")
    person.press("1", "n", "d")
    assert person.text("#said") == "Dropped."
    assert stranger in person.text("#notes")
    assert "others" not in person.text("#progress")
    assert (review.labels(), review.left()) == ({}, (1, 0))


def test_what_a_message_says_is_text_and_never_markup(review: Review, person: Person) -> None:
    evil = "<img src=x onerror=\"document.title='pwned'\">"
    review.doubt(f"{evil}.png", cause=evil, execution_id=evil)
    person.open()

    assert person.text("#key") == f"{evil}.png"
    assert person.text("#cause") == evil
    assert person.browser.title != "pwned"


def test_a_label_of_somebody_else_is_told(review: Review, page: Page, person: Person) -> None:
    review.doubt("a.png")
    person.open()
    item = page.session.current()
    assert item is not None
    with review.session(by="grace") as other:
        other.label(item, "motorcycle")

    person.press("1")

    assert "labelled motorcycle already" in person.text("#said")
    assert list(review.classes().values()) == ["motorcycle"]


def test_a_picture_that_another_tab_decided_is_not_decided_again(
    review: Review,
    page: Page,
    person: Person,
) -> None:
    review.doubt("a.png", "b.png")
    person.open()
    page.decide(id=page.state()["item"]["id"], decision="label", **{"class": "bicycle"})

    person.press("2")

    assert "not yours to decide any more" in person.text("#alert")
    assert list(review.classes().values()) == ["bicycle"]
    person.press("2")
    assert sorted(review.classes().values()) == ["bicycle", "motorcycle"]
    assert not person.at("#alert").is_displayed()


def test_a_server_that_has_ended_is_told(review: Review, browser: Chrome, until: Until) -> None:
    review.doubt("a.png")
    with served(review.session()) as page:
        person = Person(browser, page, until)
        person.open()
    person.press("1")

    assert "does not answer" in person.text("#alert")
    assert review.labels() == {}


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_off_and_every_button_is_large_enough(
    review: Review,
    person: Person,
    emulate: Emulation,
    screenshot: Screenshot,
    width: int,
) -> None:
    review.doubt("incoming/a-rather-long-name-of-a-picture-" + "x" * 60 + ".png")
    emulate.phone(width=width)
    person.open()

    script = "return [document.documentElement.scrollWidth, innerWidth]"
    assert person.browser.execute_script(script) == [width, width]
    buttons = person.browser.find_elements(By.CSS_SELECTOR, "#choices button")
    assert all(one.size["height"] >= 44 and one.size["width"] >= 44 for one in buttons)
    screenshot(f"phone-{width}")
    if width == 390:  # all answers are in sight without scrolling
        top = person.browser.execute_script(
            "return document.querySelector('footer').getBoundingClientRect().top"
        )
        assert max(one.rect["y"] + one.rect["height"] for one in buttons) <= top
    # The footer covers no button.
    person.browser.execute_script("scrollTo(0, document.body.scrollHeight)")
    assert buttons[-1].rect["y"] + buttons[-1].rect["height"] <= person.browser.execute_script(
        "return scrollY + document.querySelector('footer').getBoundingClientRect().top"
    )
    person.click("neither")
    assert list(review.classes().values()) == ["neither"]


CONTRASTS = """
const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => rgb(colour).slice(0, 3).map((c) => c / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (rgb(colour)[3] !== 0) return colour;
  }
  return "rgb(255, 255, 255)";
};
const own = (node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
const shown = [...document.querySelectorAll("body *")].filter((node) => own(node) && node.checkVisibility());
return shown.map((node) => {
  const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
  return [node.textContent.trim(), (a + 0.05) / (b + 0.05)];
});
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("gone", [False, True], ids=["picture", "gone"])
def test_all_text_has_enough_contrast(
    review: Review,
    person: Person,
    emulate: Emulation,
    screenshot: Screenshot,
    dark: bool,
    gone: bool,
) -> None:
    if gone:
        review.send("hello")
        review.send(review.message("gone.png"))
    else:
        review.doubt("a.png")
    if dark:
        emulate.dark()
    person.open()
    person.browser.execute_script("document.getElementById('said').textContent = 'Labelled bicycle.'")

    contrasts = dict(person.browser.execute_script(CONTRASTS))

    screenshot(f"{'dark' if dark else 'light'}-{'gone' if gone else 'picture'}")
    assert len(contrasts) >= 8
    assert {text: ratio for text, ratio in contrasts.items() if ratio < 4.5} == {}
