"""The endpoint: whether it keeps serving, on what, and how much of it is recorded."""

from typing import Any

import pytest

from scones.review.findings import Risk
from scones.review.plan import UNKNOWN
from unit.review.workflow import (
    CONFIGURATION,
    ENDPOINT,
    MAKE_FIRST,
    MOVES,
    RANGE,
    REPLACE,
    SERVES,
    STANDS,
    configuration,
    endpoint,
    entry,
    found,
    one,
    texts,
)

WAITS = [
    ("traffic_routing_configuration.0.wait_interval_in_seconds", "waits between its steps"),
    ("termination_wait_in_seconds", "the old instances stay after a deployment"),
]


def waiting(path: str, seconds: int | None) -> dict[str, Any]:
    made = endpoint()
    *steps, last = ["deployment_config", "0", "blue_green_update_policy", "0", *path.split(".")]
    place: Any = made
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = seconds
    return made


@pytest.mark.parametrize(("path", "words"), WAITS)
@pytest.mark.parametrize("after", [60, 0, None])
def test_a_deployment_that_waits_less_long_needs_care(path: str, words: str, after: int | None) -> None:
    finding = one(words, found(entry(ENDPOINT, waiting(path, 600), waiting(path, after))))

    assert finding.text.endswith(f"{words} for {after or 0} s instead of 600 s")
    assert finding.risk == Risk.CARE


@pytest.mark.parametrize(("path", "words"), WAITS)
def test_a_deployment_that_waits_longer_is_safe(path: str, words: str) -> None:
    findings = found(entry(ENDPOINT, waiting(path, 60), waiting(path, 600)))

    assert {finding.risk for finding in findings} == {Risk.SAFE}
    assert words not in " ".join(finding.text for finding in findings)


def test_a_deployment_says_that_the_endpoint_stays_and_how_traffic_moves() -> None:
    assert texts(MOVES) == ["endpoint scones-prod: in place, canary 50 % then all, 2 alarms can roll it back"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("ALL_AT_ONCE", "all at once"), ("LINEAR", "in steps of 50 %"), ("CANARY", "canary 50 % then all")],
)
def test_every_strategy_has_its_words(kind: str, words: str) -> None:
    move = entry(ENDPOINT, endpoint(kind), endpoint(kind, endpoint_config_name=UNKNOWN))

    assert words in texts(move)[0]


def test_a_deployment_that_nothing_can_roll_back_needs_care() -> None:
    move = entry(ENDPOINT, endpoint(alarms=0), endpoint(alarms=0, endpoint_config_name=UNKNOWN))

    finding = one("no alarms can roll it back", found(move))
    assert finding.risk == Risk.CARE


def test_a_weaker_strategy_for_later_deployments_needs_care() -> None:
    finding = one("later deployments", found(entry(ENDPOINT, endpoint(), endpoint("ALL_AT_ONCE"))))

    assert finding.text == (
        "endpoint scones-prod: later deployments all at once (before: canary 50 % then all), "
        "2 alarms can roll them back"
    )
    assert finding.risk == Risk.CARE


def test_a_replaced_endpoint_is_an_outage_and_says_why() -> None:
    bare = endpoint(alarms=0)
    made = entry(ENDPOINT, bare, endpoint(), REPLACE, "deployment_config.0.auto_rollback_configuration")

    (finding,) = found(made)
    assert finding.text == (
        "REPLACES endpoint scones-prod: outage, because auto_rollback_configuration was added"
    )
    assert finding.risk == Risk.DESTRUCTIVE
    assert finding.address == ENDPOINT


def test_a_replaced_endpoint_under_another_name_says_both() -> None:
    made = entry(ENDPOINT, endpoint(), endpoint(name="scones-blue"), REPLACE, "name")

    assert texts(made)[0].endswith("because name changes from scones-prod to scones-blue")


def test_a_new_endpoint_says_what_it_runs_on_and_scales_to() -> None:
    target = entry("module.endpoint.aws_appautoscaling_target.this[0]", None, RANGE)
    made = [entry(ENDPOINT, None, endpoint()), entry(CONFIGURATION, None, configuration()), target]

    assert "creates endpoint scones-prod: 2 × ml.m5.large, scales 2 to 6" in texts(*made)


def test_a_pause_is_told_in_one_sentence() -> None:
    (finding,) = found(
        entry(ENDPOINT, endpoint(), None, None, reason="delete_because_count_index"),
        entry("module.endpoint.aws_appautoscaling_target.this[0]", RANGE, None),
        entry("module.endpoint.aws_appautoscaling_policy.this[0]", {"name": "p"}, None),
        entry("module.t.aws_cloudwatch_event_target.this[0]", {"rule": "r"}, None),
        entry("module.t.aws_cloudwatch_event_rule.this", {"state": "ENABLED"}, {"state": "DISABLED"}),
        entry(CONFIGURATION, configuration(), configuration()),
        purpose="pause",
        variables={"paused": True},
    )

    assert finding.text == "PAUSES endpoint scones-prod: nothing is classified until make resume"
    assert finding.risk == Risk.DESTRUCTIVE


def test_an_end_of_a_pause_says_what_serves_again() -> None:
    said = texts(
        entry(ENDPOINT, None, endpoint()),
        entry("module.endpoint.aws_appautoscaling_target.this[0]", None, RANGE),
        entry("module.t.aws_cloudwatch_event_target.this[0]", None, {"rule": "r"}),
        entry("module.t.aws_cloudwatch_event_rule.this", {"state": "DISABLED"}, {"state": "ENABLED"}),
        entry(CONFIGURATION, configuration(), configuration()),
        purpose="resume",
        variables={"model": {"metrics": {"validation:accuracy": 0.95}}},
    )

    assert said == [
        "RESUMES endpoint scones-prod: 2 × ml.m5.large, scales 2 to 6; new pictures are classified again",
        "model: the one from before the pause, validation accuracy 0.950",
    ]


def test_an_endpoint_that_goes_without_a_pause_is_destroyed() -> None:
    gone = entry(ENDPOINT, endpoint(), None, None, reason="delete_because_no_resource_config")

    assert texts(gone, STANDS) == [
        "DESTROYS endpoint scones-prod: nothing is classified any more, because its code is gone"
    ]


def test_other_instances_are_told_and_fewer_need_care() -> None:
    more = entry(CONFIGURATION, configuration(1), configuration(2, "ml.m5.xlarge"), MAKE_FIRST)
    fewer = entry(CONFIGURATION, configuration(2), configuration(1), MAKE_FIRST)

    assert (
        one("endpoint scones-prod: 1 × ml.m5.large → 2 × ml.m5.xlarge", found(SERVES, more)).risk == Risk.SAFE
    )
    assert one("2 × ml.m5.large → 1 × ml.m5.large", found(SERVES, fewer)).risk == Risk.CARE


def test_a_serverless_variant_has_its_own_words() -> None:
    serverless = [{"serverless_config": [{"memory_size_in_mb": 2048, "max_concurrency": 5}]}]
    made = entry(CONFIGURATION, configuration(), configuration(production_variants=serverless), MAKE_FIRST)

    assert one("→ serverless (2048 MB, at most 5 at once)", found(SERVES, made))


def test_another_range_of_scaling_is_told_and_a_smaller_one_needs_care() -> None:
    address = "module.endpoint.aws_appautoscaling_target.this[0]"
    smaller = entry(address, RANGE, RANGE | {"max_capacity": 4})

    assert one("endpoint scones-prod: scales 2 to 6 → 2 to 4", found(SERVES, smaller)).risk == Risk.CARE
    assert one("no longer scales", found(SERVES, entry(address, RANGE, None))).risk == Risk.CARE


def test_what_is_captured_less_or_elsewhere_needs_care() -> None:
    less = entry(CONFIGURATION, configuration(), configuration(share=50), MAKE_FIRST)
    capture = configuration()["data_capture_config"][0] | {"destination_s3_uri": "s3://other/x"}
    elsewhere = entry(
        CONFIGURATION, configuration(), configuration(data_capture_config=[capture]), MAKE_FIRST
    )

    assert (
        one("captures 50 % of requests and answers instead of 100 %", found(SERVES, less)).risk == Risk.CARE
    )
    assert one("captures go to s3://other/x instead of", found(SERVES, elsewhere)).risk == Risk.CARE
