"""Measure the report's page: how large it is, how long it takes to write, to open, to filter and to sort.

    python -m bench.report_page                    10,000 captures, a picture of noise each
    python -m bench.report_page --captures 1000

Noise is the worst case: no picture comes twice, and none can be packed. What a browser does with the page is
measured where Chromium and its driver are.
"""

import argparse
import io
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from browser.report_samples import captures, subject
from scones.reporting.report import write_report

CAPTURES = 10_000
RUNS = 5
# Sets a field as a person does, and gives the milliseconds until the page shows it and is painted.
CHANGE = """
const [name, value, done] = arguments;
const field = document.querySelector(`#filter [name=${name}]`);
const list = document.getElementById("gallery");
field.value = value;
const start = performance.now();
new MutationObserver((_, observer) => {
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
}).observe(list, { childList: true });
field.dispatchEvent(new Event("input", { bubbles: true }));
"""
WAITED = 120  # milliseconds that the page waits for the next letter, taken off below
CHANGES = (
    ("filter by verdict", "verdict", "refused"),
    ("filter by text", "text", "picture_0042"),
    ("sort by confidence", "sort", "surest"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--captures", type=int, default=CAPTURES)
    Console().print(measure(parser.parse_args().captures))


def measure(number: int | None = None) -> Table:
    """Return the medians for a report on so many captures, CAPTURES unless told."""
    number = number or CAPTURES
    table = Table(f"report of {number:,} captures", "", show_edge=False)
    with tempfile.TemporaryDirectory() as folder:
        reading = captures(Path(folder), number, pictures=[noise(seed) for seed in range(number)])
        start = time.perf_counter()
        write_report(reading, subject(number), Path(folder))
        table.add_row("write", f"{time.perf_counter() - start:.1f} s")
        page = Path(folder) / "report.html"
        table.add_row("size", f"{page.stat().st_size / 1e6:.1f} MB")
        driver = shutil.which("chromedriver")
        if driver is None:
            table.add_row("open, filter, sort", "not measured: apt-get install -y chromium chromium-driver")
            return table
        for name, milliseconds in opened(page, driver).items():
            table.add_row(f"{name}, median of {RUNS}", f"{milliseconds:.0f} ms")
    return table


def opened(page: Path, driver: str) -> dict[str, float]:
    """Return the milliseconds that a browser takes, by what it does."""
    options = ChromeOptions()
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    # The driver is named, so that selenium does not go and look for one.
    chrome = Chrome(options=options, service=ChromeService(executable_path=driver))
    found: dict[str, list[float]] = {}
    try:
        for _ in range(RUNS):
            chrome.get("about:blank")
            chrome.get(page.as_uri())
            event = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
            found.setdefault("open", []).append(chrome.execute_script(f"return {event}"))
            for name, field, value in CHANGES:
                for change in (value, ""):
                    milliseconds = chrome.execute_async_script(CHANGE, field, change) - WAITED
                    found.setdefault(name, []).append(milliseconds)
    finally:
        chrome.quit()
    return {name: statistics.median(values) for name, values in found.items()}


def noise(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main()
