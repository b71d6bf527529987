"""What monitor-drift leaves of a call: the report and the metrics; and the settings it starts with."""

import json
import random
from datetime import timedelta

import pytest

from .conftest import load_function
from .drift_captures import NOW, line, monitor, pictures, store


def test_a_report_of_the_same_window_is_the_same() -> None:
    objects = store(line(answer) for answer in pictures(60, random.Random(1)))
    monitor(objects)
    first = objects.objects["drift/2025/10/04/10-00-00.json"]

    monitor(objects, now=NOW + timedelta(minutes=20))

    assert objects.objects["drift/2025/10/04/10-00-00.json"] == first


def test_its_measures_are_one_line_of_embedded_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    monitor(store(line(answer) for answer in pictures(60, random.Random(1))))

    printed = json.loads(capsys.readouterr().out)
    [directive] = printed["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in directive["Metrics"]]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Scones/Drift", [["Workflow"]])
    assert printed["_aws"]["Timestamp"] == NOW.timestamp() * 1000
    assert set(names) == {
        *("Inferences", "Drifted", "ConfidencePSI", "ConfidenceKS", "ClassSharePSI"),
        *("BrightnessPSI", "ColourPSI", "OutOfDomainRate"),
    }
    assert all(isinstance(printed[name], int | float) for name in names)
    assert (printed["Workflow"], printed["Drifted"], printed["Inferences"]) == ("scones-test", 0, 60)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CAPTURE_S3_URI", None),
        ("CAPTURE_S3_URI", "data_capture"),
        ("CAPTURE_S3_URI", "s3://bucket"),
        ("REPORTS_S3_URI", ""),
        ("BASELINE_S3_URI", "baseline.json"),
        ("WORKFLOW", ""),
        ("WINDOW_MINUTES", "0"),
        ("WINDOW_MINUTES", "hour"),
        ("OUT_OF_DOMAIN_LIMIT", "high"),
        ("PSI_LIMIT", "nan"),
        ("KS_LIMIT", "inf"),
        ("CLASS_SHARE_LIMIT", "0"),
        ("MODEL_SINCE", "yesterday"),
        ("MODEL_SINCE", "2025-10-04T10:00:00"),
        ("CLASS_SHARE_LIMIT", "much"),
        ("RISE_LIMIT", "-1"),
        ("MINIMUM_INFERENCES", None),
    ],
)
def test_a_wrong_setting_keeps_the_function_from_starting(variable: str, value: str | None) -> None:
    with pytest.raises(Exception, match=variable) as raised:
        load_function("monitor-drift", **{variable: value})

    assert type(raised.value).__name__ == "InvalidConfiguration"
