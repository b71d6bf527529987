"""A real browser for the tests: headless Chromium, without a way to anything but this machine.

Fixtures: `browser` is the driver, `emulate` makes it a phone or turns dark mode on, `screenshot` saves what
it shows, `console` gives what the page complained about (scripts that failed, requests it may not make).
`review` and `new_review` are queues of pictures to label, the same as in unit/labelling.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from scones.waiting import Patience, wait_until
from unit.labelling.fixtures import endpoint_url, new_review, review

__all__ = ["endpoint_url", "new_review", "review"]

DESKTOP = (1280, 900)
PHONE = (390, 844)
NOWHERE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
REQUIRED = "SCONES_REQUIRE_BROWSER"  # 1 or 0; where it is not set, a CI service's own CI=true counts


def program(*names: str) -> str:
    """Where a program is. Without it the test is skipped, or fails where a browser has to be there."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        reason = f"there is no {names[0]} here: apt-get install -y chromium chromium-driver"
        if os.environ.get(REQUIRED, os.environ.get("CI", "")).lower() in ("1", "true"):
            pytest.fail(f"{reason}; {REQUIRED}=0 skips the tests in a browser", pytrace=False)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def session_browser() -> Iterator[webdriver.Chrome]:
    driver = program("chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium-browser", "google-chrome")
    options.add_argument("--headless=new")
    options.add_argument(f"--host-resolver-rules={NOWHERE}")
    options.add_argument("--window-size={},{}".format(*DESKTOP))
    for argument in ("disable-background-networking", "disable-dev-shm-usage", "disable-gpu", "no-first-run"):
        options.add_argument(f"--{argument}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox does not work for root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # The driver is named, so that selenium does not go and look for one.
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver))
    try:
        yield chrome
    finally:
        chrome.quit()


@pytest.fixture
def browser(session_browser: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The session's one browser, as it came: a desktop window in light mode, with a blank page."""
    yield session_browser
    session_browser.get("about:blank")
    Emulation(session_browser).reset()
    session_browser.get_log("browser")


class Emulation:
    """What the browser pretends to be, through the DevTools protocol."""

    def __init__(self, chrome: webdriver.Chrome) -> None:
        self._chrome = chrome
        self._media_features: dict[str, str] = {}

    def phone(self, width: int = PHONE[0], height: int = PHONE[1]) -> None:
        """A phone held upright, with a touch screen; `width` and `height` in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
        self._cdp("Emulation.setDeviceMetricsOverride", size)
        self._cdp("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def dark(self) -> None:
        """Dark mode, as the system asks for it."""
        self._media("prefers-color-scheme", "dark")

    def reduced_motion(self) -> None:
        """The system's wish that nothing moves."""
        self._media("prefers-reduced-motion", "reduce")

    def reset(self) -> None:
        self._cdp("Emulation.clearDeviceMetricsOverride", {})
        self._cdp("Emulation.setTouchEmulationEnabled", {"enabled": False})
        self._cdp("Emulation.setEmulatedMedia", {"features": []})

    def _media(self, name: str, value: str) -> None:
        self._media_features[name] = value  # each call replaces what the last one set
        features = [{"name": name, "value": value} for name, value in self._media_features.items()]
        self._cdp("Emulation.setEmulatedMedia", {"features": features})

    def _cdp(self, command: str, words: dict[str, Any]) -> None:
        self._chrome.execute_cdp_cmd(command, words)


@pytest.fixture
def emulate(browser: webdriver.Chrome) -> Emulation:
    return Emulation(browser)


@pytest.fixture
def screenshot(browser: webdriver.Chrome, tmp_path: Path) -> Callable[[str], Path]:
    """`screenshot("phone")` saves what is seen as phone.png in the test's own folder, and says where."""

    def save(name: str) -> Path:
        path = tmp_path / f"{name}.png"
        assert browser.save_screenshot(str(path))
        return path

    return save


@pytest.fixture
def console(browser: webdriver.Chrome) -> Callable[[], list[str]]:
    """`console()` is what the page complained about since it was last asked."""
    return lambda: [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """`until(lambda: …)` waits for something to become true, and gives what it was."""

    def wait(condition: Callable[[], Any], seconds: float = 20) -> Any:
        patience = Patience(timeout=seconds, interval=0.05)
        return wait_until(lambda: condition() or None, patience, "what the test asks the browser for")

    return wait
