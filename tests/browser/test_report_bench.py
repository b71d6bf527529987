"""What `make bench` measures of the report's page is measured still: its fields may change."""

import pytest

from bench import main, report_page

from .conftest import program


def test_make_bench_measures_the_reports_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program("chromedriver")
    monkeypatch.setattr(report_page, "RUNS", 1)
    monkeypatch.setattr(report_page, "CAPTURES", 70)
    monkeypatch.setattr("sys.argv", ["bench.main", "--only", "report"])

    main.main()

    lines = capsys.readouterr().out.splitlines()
    measured = [line.split(",")[0].strip() for line in lines if line.rstrip(" │").endswith(" ms")]
    assert measured == ["open", *(name for name, _, _ in report_page.CHANGES)]
