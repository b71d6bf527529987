"""Changes of this workflow for the tests of what a plan means, and the findings that they make."""

from typing import Any

from scones.review.findings import Answer, Context, Evaluation, Finding
from scones.review.meaning import meaning
from scones.review.plan import UNKNOWN
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


RANGE = {"min_capacity": 2, "max_capacity": 6}
STANDS = entry("module.x.aws_sns_topic.this", {"name": "t"}, {"name": "t"})
MOVES = entry(ENDPOINT, endpoint(), endpoint(endpoint_config_name=UNKNOWN))
SERVES = entry(ENDPOINT, endpoint(), endpoint())


def evaluation(*answers: tuple[float, bool], prefix: str = "") -> Evaluation:
    return Evaluation({f"{prefix}{place}": Answer(*answer) for place, answer in enumerate(answers)})


def served(job: str, data: str = "d1", accuracy: str | None = None) -> dict[str, Any]:
    tags = {"TrainingJob": job, "DataDigest": data, "ValidationAccuracy": accuracy}
    return {"name": f"m-{job}", "tags": {key: value for key, value in tags.items() if value}}


def manifest(job: str, data: str = "d1", accuracy: float | None = None, **more: Any) -> dict[str, Any]:
    metrics = {} if accuracy is None else {"validation:accuracy": accuracy}
    return {"model": {"training_job_name": job, "data_digest": data, "metrics": metrics} | more}


NEW_MODEL = entry(MODEL, served("old"), served("new"), MAKE_FIRST, "primary_container.0.model_data_url")


def judging(threshold: str = "0.93", **more: str) -> dict[str, Any]:
    variables = {
        "THRESHOLD": threshold,
        "CLASS_NAMES": '["bicycle","motorcycle"]',
        "LOADING_BAYS": '{"bicycle":"bay-1","motorcycle":"bay-2"}',
    }
    return {"function_name": "scones-prod-THRESHOLD", "environment": [{"variables": variables | more}]}


CODE = 'module.function["image-classification"].aws_lambda_function.this'


def function(**more: Any) -> dict[str, Any]:
    return {"function_name": "scones-prod-f", "source_code_hash": "a", "memory_size": 256} | more


def alarm(**more: Any) -> dict[str, Any]:
    return {
        "alarm_name": "errors",
        "threshold": 1,
        "comparison_operator": "GreaterThanThreshold",
        "alarm_actions": ["arn:t"],
    } | more
