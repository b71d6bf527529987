"""What a plan means is said in words of this workflow, the riskiest first, and nothing goes in silence."""

import json
from typing import Any

import pytest

from scones.review.findings import Answer, Context, Evaluation, Finding, Risk
from scones.review.meaning import meaning
from scones.review.plan import UNKNOWN, Plan
from unit.review.plans import change, plan

ENDPOINT = "module.endpoint.aws_sagemaker_endpoint.this[0]"
CONFIGURATION = "module.endpoint.aws_sagemaker_endpoint_configuration.this"
MODEL = "module.endpoint.aws_sagemaker_model.this"
JUDGE = 'module.function["THRESHOLD_CONFIDENCE"].aws_lambda_function.this'
REPLACE, MAKE_FIRST = ["delete", "create"], ["create", "delete"]


def entry(
    address: str, before: Any, after: Any, actions: list[str] | None = None, *causes: str, reason: str = ""
) -> dict[str, Any]:
    made = change(address, before, after, actions=actions)
    kind = next(part for part in address.split(".") if part.startswith(("aws_", "terraform_data")))
    made |= {"type": kind, "action_reason": reason}
    made["change"]["replace_paths"] = [
        [int(step) if step.isdigit() else step for step in cause.split(".")] for cause in causes
    ]
    return made


def found(
    *changes: dict[str, Any],
    purpose: str = "apply",
    root: str = "workflow",
    variables: Any = None,
    evaluations: Any = None,
    **context: Any,
) -> list[Finding]:
    given = {name: {"value": value} for name, value in (variables or {}).items()}
    looked = Context("prod", root=root, purpose=purpose, evaluations=evaluations or {}, **context)
    return list(meaning(plan(*changes, variables=given), looked).findings)


def texts(*changes: dict[str, Any], **more: Any) -> list[str]:
    return [finding.text for finding in found(*changes, **more)]


def one(text: str, findings: list[Finding]) -> Finding:
    (match,) = [finding for finding in findings if text in finding.text]
    return match


def endpoint(kind: str = "CANARY", alarms: int = 2, **more: Any) -> dict[str, Any]:
    size = [{"type": "CAPACITY_PERCENT", "value": 50}]
    routing = {
        "type": kind,
        "canary_size": size if kind == "CANARY" else [],
        "linear_step_size": size if kind == "LINEAR" else [],
    }
    rollback = [{"alarms": [{"alarm_name": f"a{place}"} for place in range(alarms)]}] if alarms else []
    config = {
        "blue_green_update_policy": [{"traffic_routing_configuration": [routing]}],
        "auto_rollback_configuration": rollback,
    }
    return {"name": "scones-prod", "endpoint_config_name": "one", "deployment_config": [config]} | more


def configuration(count: int = 2, kind: str = "ml.m5.large", share: int = 100, **more: Any) -> dict[str, Any]:
    capture = {
        "enable_capture": True,
        "initial_sampling_percentage": share,
        "destination_s3_uri": "s3://data/data_capture",
        "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
    }
    variant = {"instance_type": kind, "initial_instance_count": count}
    return {"name": "c", "production_variants": [variant], "data_capture_config": [capture]} | more


STANDS = entry("module.x.aws_sns_topic.this", {"name": "t"}, {"name": "t"})
MOVES = entry(ENDPOINT, endpoint(), endpoint(endpoint_config_name=UNKNOWN))
SERVES = entry(ENDPOINT, endpoint(), endpoint())


# --- The endpoint ------------------------------------------------------------------------------------


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


RANGE = {"min_capacity": 2, "max_capacity": 6}


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


# --- The model ---------------------------------------------------------------------------------------


def evaluation(*answers: tuple[float, bool], prefix: str = "") -> Evaluation:
    return Evaluation({f"{prefix}{place}": Answer(*answer) for place, answer in enumerate(answers)})


def served(job: str, data: str = "d1", accuracy: str | None = None) -> dict[str, Any]:
    tags = {"TrainingJob": job, "DataDigest": data, "ValidationAccuracy": accuracy}
    return {"name": f"m-{job}", "tags": {key: value for key, value in tags.items() if value}}


def manifest(job: str, data: str = "d1", accuracy: float | None = None) -> dict[str, Any]:
    metrics = {} if accuracy is None else {"validation:accuracy": accuracy}
    return {"model": {"training_job_name": job, "data_digest": data, "metrics": metrics}}


NEW_MODEL = entry(MODEL, served("old"), served("new"), MAKE_FIRST, "primary_container.0.model_data_url")


def test_two_models_are_compared_on_the_same_pictures() -> None:
    old = evaluation((0.99, True), (0.9, True), (0.8, True), (0.7, False))
    new = evaluation((0.99, True), (0.9, False), (0.8, False), (0.7, True))

    finding = one(
        "accuracy", found(NEW_MODEL, variables=manifest("new"), evaluations={"old": old, "new": new})
    )

    assert finding.text == (
        "model: accuracy 0.750 → 0.500 on the same 4 pictures (2 turn wrong, 1 turn right); "
        "trained on the same data"
    )
    assert finding.risk == Risk.CARE


def test_a_better_model_is_safe() -> None:
    old, new = evaluation((0.9, False), (0.9, True)), evaluation((0.9, True), (0.9, True))
    findings = found(NEW_MODEL, variables=manifest("new", "d2"), evaluations={"old": old, "new": new})

    finding = one("accuracy 0.500 → 1.000 on the same 2 pictures (0 turn wrong, 1 turn right)", findings)
    assert finding.risk == Risk.SAFE
    assert finding.text.endswith("trained on other data")


def test_models_that_saw_other_pictures_do_not_compare() -> None:
    sets = {"old": evaluation((0.9, True)), "new": evaluation((0.9, True), prefix="other")}
    finding = one("model:", found(NEW_MODEL, variables=manifest("new"), evaluations=sets))

    assert "on 1 pictures that are not the same: the two do not compare" in finding.text
    assert finding.risk == Risk.CARE


def test_models_that_saw_some_of_the_same_pictures_are_compared_on_those() -> None:
    old, new = evaluation((0.9, True), (0.9, True)), evaluation((0.9, False), (0.9, True), (0.9, True))
    finding = one("model:", found(NEW_MODEL, variables=manifest("new"), evaluations={"old": old, "new": new}))

    assert "on the 2 that are, 1.000 → 0.500" in finding.text
    assert finding.risk == Risk.CARE


def test_without_evaluations_what_training_measured_is_compared() -> None:
    made = entry(MODEL, served("old", accuracy="0.9520"), served("new"), MAKE_FIRST)
    worse = one("model:", found(made, variables=manifest("new", accuracy=0.941)))
    better = one("model:", found(made, variables=manifest("new", accuracy=0.96)))

    assert worse.text == "model: validation accuracy 0.952 → 0.941; trained on the same data"
    assert (worse.risk, better.risk) == (Risk.CARE, Risk.SAFE)


def test_what_training_measured_on_other_data_does_not_compare() -> None:
    made = entry(MODEL, served("old", accuracy="0.9520"), served("new"), MAKE_FIRST)
    finding = one("model:", found(made, variables=manifest("new", "d2", accuracy=0.99)))

    assert "measured on different data: the two do not compare" in finding.text
    assert finding.risk == Risk.CARE


def test_what_nobody_measured_is_unknown() -> None:
    finding = one("model:", found(NEW_MODEL, variables=manifest("new")))

    assert finding.text == "model: validation accuracy unknown → unknown; trained on the same data"
    assert finding.risk == Risk.CARE


def test_a_first_model_says_how_good_it_is() -> None:
    made = [entry(MODEL, None, served("new")), STANDS]
    known = evaluation((0.9, True), (0.9, False))

    assert "model: accuracy 0.500 on 2 pictures" in texts(
        *made, variables=manifest("new"), evaluations={"new": known}
    )
    assert "model: validation accuracy unknown" in texts(*made, variables=manifest("new"))


def test_a_model_of_the_same_job_says_why_it_is_made_anew() -> None:
    made = entry(MODEL, served("a"), served("a"), MAKE_FIRST, "enable_network_isolation")

    assert any(
        text.startswith("model: of the same training job") for text in texts(made, variables=manifest("a"))
    )


def test_a_model_with_another_image_or_with_a_network_needs_care() -> None:
    def contained(image: str, isolated: bool) -> dict[str, Any]:
        container = [{"image": image}]
        return served("a") | {"primary_container": container, "enable_network_isolation": isolated}

    made = entry(MODEL, contained("x:1", True), contained("x:2", False), MAKE_FIRST)
    findings = found(made, variables=manifest("a"))

    assert one("image x:1 → x:2", findings).risk == Risk.CARE
    assert one("no longer cut off from the network", findings).risk == Risk.CARE


def test_a_new_model_says_what_it_lets_pass() -> None:
    old = evaluation((0.95, True), (0.95, True), (0.5, False))
    new = evaluation((0.95, True), (0.95, False), (0.95, False))
    judge = entry(JUDGE, judging("0.93"), judging("0.93"))

    findings = found(NEW_MODEL, judge, variables=manifest("new"), evaluations={"old": old, "new": new})

    finding = one("at the threshold", findings)
    assert finding.text == ("at the threshold 0.93, 2 → 3 of the same 3 pictures pass, 0 → 2 of them wrong")
    assert finding.risk == Risk.CARE


def test_a_new_model_that_leaves_much_more_to_people_needs_care() -> None:
    old, new = evaluation(*[(0.95, True)] * 10), evaluation(*[(0.95, True)] * 8, *[(0.9, True)] * 2)
    judge = entry(JUDGE, judging("0.93"), judging("0.93"))

    findings = found(NEW_MODEL, judge, variables=manifest("new"), evaluations={"old": old, "new": new})

    assert one("10 → 8 of the same 10 pictures pass", findings).risk == Risk.CARE


# --- How answers are judged --------------------------------------------------------------------------


def judging(threshold: str = "0.93", **more: str) -> dict[str, Any]:
    variables = {
        "THRESHOLD": threshold,
        "CLASS_NAMES": '["bicycle","motorcycle"]',
        "LOADING_BAYS": '{"bicycle":"bay-1","motorcycle":"bay-2"}',
    }
    return {"function_name": "scones-prod-THRESHOLD", "environment": [{"variables": variables | more}]}


KNOWN = {"new": evaluation((0.95, True), (0.9, True), (0.85, False), (0.81, True), (0.5, False))}


def judged(before: str, after: str, evaluations: Any = KNOWN) -> Finding:
    made = entry(JUDGE, judging(before), judging(after))
    (finding,) = found(made, variables=manifest("new"), evaluations=evaluations)
    return finding


def test_a_lower_threshold_says_how_many_more_pass_and_how_many_are_wrong() -> None:
    finding = judged("0.93", "0.8")

    assert (
        finding.text == "threshold 0.93 → 0.80: on the evaluation set 3 more pictures pass, 1 of them wrong"
    )
    assert finding.risk == Risk.CARE
    assert finding.address == JUDGE


def test_a_higher_threshold_says_how_many_fewer_pass() -> None:
    finding = judged("0.80", "0.93")

    assert finding.text == (
        "threshold 0.80 → 0.93: on the evaluation set 3 fewer pictures pass, 1 of them wrong"
    )
    assert finding.risk == Risk.SAFE


def test_a_confidence_that_equals_the_threshold_passes_as_in_the_function() -> None:
    assert "1 more picture passes" in judged("0.91", "0.9").text


def test_a_threshold_that_changes_nothing_says_so() -> None:
    assert judged("0.7", "0.6").text.endswith("0 more pictures pass")


def test_without_an_evaluation_the_effect_is_unknown() -> None:
    assert judged("0.93", "0.8", {}).text == "threshold 0.93 → 0.80: how many pictures pass is unknown"


def test_a_threshold_that_is_no_number_needs_care() -> None:
    assert judged("0.93", "(sensitive)").text == "threshold 0.93 → (sensitive): what passes is unknown"


def test_other_bays_and_classes_need_care() -> None:
    bays = entry(JUDGE, judging(), judging(LOADING_BAYS='{"bicycle":"bay-3","motorcycle":"bay-2"}'))
    classes = entry(JUDGE, judging(), judging(CLASS_NAMES='["motorcycle","bicycle"]'))

    assert one("loading bay of bicycle: bay-1 → bay-3", found(bays)).risk == Risk.CARE
    assert one("bicycle, motorcycle → motorcycle, bicycle", found(classes)).risk == Risk.CARE


# --- What works beside it ----------------------------------------------------------------------------


def function(**more: Any) -> dict[str, Any]:
    return {"function_name": "scones-prod-f", "source_code_hash": "a", "memory_size": 256} | more


CODE = 'module.function["image-classification"].aws_lambda_function.this'


def test_new_code_and_settings_of_a_function_are_told() -> None:
    made = entry(CODE, function(), function(source_code_hash="b", memory_size=512))

    assert texts(made) == [
        "function image-classification: new code",
        "function image-classification: memory 256 → 512 MB",
    ]


def test_a_function_that_is_stopped_needs_care() -> None:
    made = entry(
        CODE,
        function(reserved_concurrent_executions=-1),
        function(reserved_concurrent_executions=0),
    )

    assert one("reserved concurrency -1 → 0, so it answers no call", found(made)).risk == Risk.CARE


def test_another_environment_of_a_function_is_told() -> None:
    made = entry(
        CODE,
        function(environment=[{"variables": {"ENDPOINT_NAME": "a"}}]),
        function(environment=[{"variables": {"ENDPOINT_NAME": "b"}}]),
    )

    assert texts(made) == ["function image-classification: environment ENDPOINT_NAME a → b"]


def test_a_trigger_that_closes_needs_care_and_one_that_opens_does_not() -> None:
    address = "module.t.aws_cloudwatch_event_rule.this"
    opened, closed = {"name": "in", "state": "ENABLED"}, {"name": "in", "state": "DISABLED"}

    assert one("event rule in closes", found(entry(address, opened, closed))).risk == Risk.CARE
    assert one("event rule in opens", found(entry(address, closed, opened))).risk == Risk.SAFE


def test_a_trigger_that_loses_its_target_or_listens_elsewhere_needs_care() -> None:
    gone = entry("module.t.aws_cloudwatch_event_target.this", {"rule": "in"}, None)
    other = entry("module.t.aws_cloudwatch_event_rule.this", {"event_pattern": "a"}, {"event_pattern": "b"})

    assert one("starts nothing any more", found(gone, STANDS)).risk == Risk.CARE
    assert one("listens to other events", found(other)).risk == Risk.CARE


def test_what_waits_less_long_in_a_queue_needs_care() -> None:
    days = 86_400
    made = entry(
        "module.q.aws_sqs_queue.this",
        {"name": "review", "message_retention_seconds": 14 * days},
        {"name": "review", "message_retention_seconds": 4 * days},
    )

    assert one("queue review: what waits in it is kept for 14 → 4 days", found(made)).risk == Risk.CARE


def test_who_is_told_of_failures_is_told() -> None:
    address = "module.n.aws_sns_topic_subscription.email[0]"
    old, new = {"endpoint": "a@example.com"}, {"endpoint": "b@example.com"}

    assert texts(entry(address, None, new), STANDS)[0].startswith(
        "failures and alarms go to b@example.com from now on"
    )
    assert texts(entry(address, old, None), STANDS) == ["failures and alarms no longer go to a@example.com"]
    assert "instead of a@example.com" in texts(entry(address, old, new, REPLACE, "endpoint"), STANDS)[0]


def alarm(**more: Any) -> dict[str, Any]:
    return {
        "alarm_name": "errors",
        "threshold": 1,
        "comparison_operator": "GreaterThanThreshold",
        "alarm_actions": ["arn:t"],
    } | more


def test_an_alarm_that_goes_off_later_or_tells_nobody_needs_care() -> None:
    address = "module.m.aws_cloudwatch_metric_alarm.this"
    later = found(entry(address, alarm(), alarm(threshold=50)))
    sooner = found(entry(address, alarm(threshold=50), alarm()))
    silent = found(entry(address, alarm(), alarm(alarm_actions=[])))

    assert one("alarm errors: threshold 1 → 50: it goes off later", later).risk == Risk.CARE
    assert one("alarm errors: threshold 50 → 1", sooner).risk == Risk.SAFE
    assert one("tells nobody any more", silent).risk == Risk.CARE


def test_an_alarm_for_too_little_goes_off_later_below_a_lower_threshold() -> None:
    falling = {"comparison_operator": "LessThanThreshold"}
    made = entry("module.m.aws_cloudwatch_metric_alarm.this", alarm(threshold=5, **falling), alarm(**falling))

    assert one("goes off later", found(made)).risk == Risk.CARE


def test_log_groups_whose_retention_changes_alike_are_one_sentence() -> None:
    made = [
        entry(
            f"module.f{place}.aws_cloudwatch_log_group.this",
            {"name": f"g{place}", "retention_in_days": 30},
            {"name": f"g{place}", "retention_in_days": 7},
        )
        for place in range(5)
    ]

    (finding,) = found(*made)
    assert finding.text == "5 log groups: lines are kept for 7 days (before: 30 days)"
    assert finding.risk == Risk.CARE


def test_a_state_machine_that_logs_nothing_or_pictures_needs_care() -> None:
    def logging(level: str, data: bool) -> dict[str, Any]:
        return {
            "name": "machine",
            "logging_configuration": [{"level": level, "include_execution_data": data}],
        }

    made = entry("module.s.aws_sfn_state_machine.this", logging("ALL", False), logging("OFF", True))
    findings = found(made)

    assert one("state machine machine: logs ALL → OFF", findings).risk == Risk.CARE
    assert one("and so pictures, are logged", findings).risk == Risk.CARE


# --- What goes ---------------------------------------------------------------------------------------

GOING = {
    "REPLACES bucket data: everything in it would be lost, and AWS refuses as long as something is, "
    "because bucket changes from data to other": entry(
        "module.d.aws_s3_bucket.this", {"bucket": "data"}, {"bucket": "other"}, REPLACE, "bucket"
    ),
    "DESTROYS bucket data: everything in it is lost, in all its versions": entry(
        "module.d.aws_s3_bucket.this", {"bucket": "data", "force_destroy": True}, None
    ),
    "DESTROYS bucket scones-prod-state-1-eu: it keeps the state of both roots, without which Terraform "
    "knows of nothing that stands": entry(
        "module.state[0].aws_s3_bucket.this", {"bucket": "scones-prod-state-1-eu"}, None
    ),
    "DESTROYS key Pictures: whatever it encrypted cannot be read again after 7 days": entry(
        "module.key.aws_kms_key.this", {"description": "Pictures", "deletion_window_in_days": 7}, None
    ),
    "DESTROYS queue review: what waits in it is lost, because its module is gone from the code": entry(
        "module.q.aws_sqs_queue.this", {"name": "review"}, None, None, reason="delete_because_no_module"
    ),
    "DESTROYS log group /aws/x: its lines are lost": entry(
        "module.q.aws_cloudwatch_log_group.this", {"name": "/aws/x"}, None
    ),
    "DESTROYS model package group scones-prod: the register of every trained model is lost": entry(
        "aws_sagemaker_model_package_group.this", {"model_package_group_name": "scones-prod"}, None
    ),
}


@pytest.mark.parametrize(("text", "made"), GOING.items(), ids=[text[:40] for text in GOING])
def test_what_holds_data_and_goes_says_what_is_lost(text: str, made: dict[str, Any]) -> None:
    (finding,) = found(made, STANDS)

    assert finding.text == text
    assert finding.risk == Risk.DESTRUCTIVE


REASONS = {
    "delete_because_no_resource_config": "its code is gone",
    "delete_because_count_index": "count no longer reaches it",
    "delete_because_each_key": "for_each no longer names it",
    "delete_because_no_module": "its module is gone from the code",
    "delete_because_wrong_repetition": "the code now counts it differently (count or for_each)",
}


@pytest.mark.parametrize(("reason", "words"), REASONS.items())
def test_whatever_else_goes_says_why(reason: str, words: str) -> None:
    gone = entry(
        "module.m.aws_cloudwatch_dashboard.this[0]", {"dashboard_name": "d"}, None, None, reason=reason
    )
    (finding,) = found(gone, STANDS)

    assert finding.text == f"deletes dashboard d, because {words}"
    assert finding.risk == Risk.CARE


def test_whatever_else_is_replaced_says_why() -> None:
    made = entry("module.f.aws_iam_role.this", {"name": "a"}, {"name": "b"}, REPLACE, "name")
    (finding,) = found(made, STANDS)

    assert finding.text == "replaces role a, because name changes from a to b"


def test_a_function_or_a_state_machine_that_goes_is_destructive() -> None:
    for kind in ("aws_lambda_function", "aws_sfn_state_machine"):
        (finding,) = found(entry(f"module.f.{kind}.this", {"name": "f"}, None), STANDS)
        assert finding.risk == Risk.DESTRUCTIVE


def test_many_of_a_kind_that_go_for_one_reason_are_one_sentence() -> None:
    made = [
        entry(
            f'module.m.aws_cloudwatch_metric_alarm.counted["{place}"]',
            {"alarm_name": f"a{place}"},
            None,
            None,
            reason="delete_because_each_key",
        )
        for place in range(13)
    ]

    assert texts(*made, STANDS) == [
        "deletes 13 alarms (a0, a1, a2, a3 and 9 more), because for_each no longer names it"
    ]


def test_what_is_made_anew_beside_the_old_one_is_one_safe_sentence_with_its_reasons() -> None:
    findings = found(
        MOVES,
        entry(MODEL, served("old"), served("new"), MAKE_FIRST, "primary_container.0.model_data_url"),
        entry(
            CONFIGURATION, configuration(), configuration(), MAKE_FIRST, "production_variants.0.model_name"
        ),
        variables=manifest("new"),
    )

    finding = one("makes anew, before the old one goes", findings)
    assert (
        "model m-old (model_data_url changes), endpoint configuration c (model_name changes)" in finding.text
    )
    assert finding.risk == Risk.SAFE


def test_what_is_only_forgotten_stays() -> None:
    (finding,) = found(entry("m.aws_sqs_queue.q", {"name": "q"}, None, ["forget"]), STANDS)

    assert finding.text == "forgets queue q: it stays as it is, and Terraform no longer looks after it"


def test_what_an_interrupted_replacement_left_behind_is_safe() -> None:
    left = entry(MODEL, served("old"), None) | {"deposed": "0123abcd"}
    (finding,) = found(left, STANDS)

    assert finding.text == "deletes model m-old: an interrupted replacement left it behind"
    assert finding.risk == Risk.SAFE


def test_what_protects_and_no_longer_does_is_told() -> None:
    flags = dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    )
    made = entry(
        "module.d.aws_s3_bucket_public_access_block.this",
        {"bucket": "data"} | flags,
        {"bucket": "data"} | flags | {"block_public_policy": False},
    )

    assert one("bucket data is opened: block_public_policy off", found(made)).risk == Risk.CARE


# --- Everything at once ------------------------------------------------------------------------------


def test_a_first_plan_is_summed_up() -> None:
    said = texts(
        entry("module.a.aws_sqs_queue.one", None, {"name": "a"}),
        entry("module.a.aws_sqs_queue.two", None, {"name": "b"}),
        entry("module.a.aws_sagemaker_model_package_group.this", None, {"name": "c"}),
        root="foundation",
    )

    assert said == ["creates everything of the foundation, from nothing: 2 queues, 1 model package group"]


def test_what_comes_beside_what_stands_is_summed_up() -> None:
    queue = entry("module.a.aws_sqs_queue.one", None, {"name": "a"})
    topic = entry("module.a.aws_sns_topic.two", None, {"name": "b"})

    assert texts(queue, STANDS) == ["creates queue a"]
    assert texts(queue, topic, STANDS) == ["creates 1 queue, 1 topic"]


def test_the_end_of_everything_is_one_sentence_and_the_data_that_go() -> None:
    findings = found(
        entry(ENDPOINT, endpoint(), None),
        entry(JUDGE, judging(), None),
        entry("module.q.aws_sqs_queue.this", {"name": "review"}, None),
        entry("module.m.aws_cloudwatch_metric_alarm.this", alarm(), None),
        purpose="destroy",
    )

    assert [finding.text for finding in findings] == [
        "DESTROYS everything of the workflow: nothing is classified any more; "
        "1 endpoint, 1 function, 1 queue, 1 alarm",
        "DESTROYS queue review: what waits in it is lost",
    ]
    assert {finding.risk for finding in findings} == {Risk.DESTRUCTIVE}


def test_a_state_bucket_says_what_it_is_for() -> None:
    made = entry("module.state[0].aws_s3_bucket.this", None, {"bucket": "scones-prod-state-1-eu"})

    assert texts(made, STANDS) == [
        "creates bucket scones-prod-state-1-eu: the state of both roots is kept there from then on"
    ]


def test_secrets_in_clear_are_told() -> None:
    secret = Finding(Risk.CARE, "`environment.TOKEN` holds a password, in clear", "a.b")

    assert found(STANDS, secrets_in_clear=(secret,)) == [secret]


def test_nothing_means_nothing() -> None:
    assert found(STANDS, entry(MODEL, served("a"), served("a"))) == []


def test_tags_alone_mean_nothing() -> None:
    tags = {"tags": {"Team": "routing"}}

    assert (
        found(entry(ENDPOINT, endpoint(), endpoint() | tags), entry(MODEL, served("a"), served("a") | tags))
        == []
    )


def test_the_riskiest_comes_first() -> None:
    findings = found(
        entry(CODE, function(), function(source_code_hash="b")),
        entry(JUDGE, judging("0.9"), judging("0.8")),
        entry(ENDPOINT, endpoint(), None),
        STANDS,
    )

    assert [finding.risk for finding in findings] == [Risk.DESTRUCTIVE, Risk.CARE, Risk.SAFE]


def test_a_destroy_among_sixty_tag_changes_is_a_finding() -> None:
    tagged = [
        entry(f"m{place}.aws_sns_topic.this", {"name": "t"}, {"name": "t", "tags_all": {"A": "1"}})
        for place in range(60)
    ]
    queue = entry("module.q.aws_sqs_queue.this", {"name": "review"}, None)

    assert texts(*tagged, queue) == ["DESTROYS queue review: what waits in it is lost"]


def test_everything_that_goes_is_named_whatever_it_is() -> None:
    kinds = ("aws_sns_topic", "aws_iam_role", "aws_new_thing", "aws_s3_bucket_policy", "terraform_data")
    going = [entry(f"module.{kind}.{kind}.this", {"name": f"the-{kind}"}, None) for kind in kinds]
    said = " ".join(texts(*going, STANDS))

    assert all(f"the-{kind}" in said for kind in kinds if kind != "terraform_data")
    assert "marker this" in said


def test_a_plan_may_be_read_as_it_comes() -> None:
    raw = json.dumps({"resource_changes": [MOVES], "variables": {}})

    assert meaning(Plan.from_json(raw), Context("prod")).title == "What it means"
