"""What things are called: an endpoint is an endpoint, not aws_sagemaker_endpoint, and goes for a reason."""

from collections import Counter
from collections.abc import Iterable

from scones.review.plan import UNKNOWN, Change
from scones.review.values import attribute, both, is_empty, plain

NOUNS = {
    "aws_appautoscaling_policy": "scaling policy",
    "aws_appautoscaling_target": "scaling range",
    "aws_cloudwatch_dashboard": "dashboard",
    "aws_cloudwatch_event_rule": "event rule",
    "aws_cloudwatch_event_target": "event target",
    "aws_cloudwatch_log_group": "log group",
    "aws_cloudwatch_metric_alarm": "alarm",
    "aws_iam_policy": "policy",
    "aws_iam_role": "role",
    "aws_iam_role_policy": "role policy",
    "aws_iam_role_policy_attachment": "policy attachment",
    "aws_kms_alias": "key alias",
    "aws_kms_key": "key",
    "aws_lambda_function": "function",
    "aws_lambda_permission": "function permission",
    "aws_s3_bucket": "bucket",
    "aws_s3_bucket_lifecycle_configuration": "bucket lifecycle",
    "aws_s3_bucket_notification": "bucket notification",
    "aws_s3_bucket_ownership_controls": "bucket ownership",
    "aws_s3_bucket_policy": "bucket policy",
    "aws_s3_bucket_public_access_block": "public-access block",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket encryption",
    "aws_s3_bucket_versioning": "bucket versioning",
    "aws_sagemaker_endpoint": "endpoint",
    "aws_sagemaker_endpoint_configuration": "endpoint configuration",
    "aws_sagemaker_model": "model",
    "aws_sagemaker_model_package_group": "model package group",
    "aws_sfn_state_machine": "state machine",
    "aws_sns_topic": "topic",
    "aws_sns_topic_subscription": "subscription",
    "aws_sqs_queue": "queue",
    "terraform_data": "marker",
}
# Attributes that name a thing, the best first.
NAMES = (
    "alarm_name",
    "function_name",
    "model_package_group_name",
    "dashboard_name",
    "bucket",
    "name",
    "description",
    "role",
    "rule",
    "id",
)
REASONS = {
    "replace_because_tainted": "it was left damaged by an earlier apply (tainted)",
    "replace_by_request": "its replacement was asked for",
    "replace_by_triggers": "something changes that it is tied to (replace_triggered_by)",
    "delete_because_no_resource_config": "its code is gone",
    "delete_because_no_module": "its module is gone from the code",
    "delete_because_wrong_repetition": "the code now counts it differently (count or for_each)",
    "delete_because_count_index": "count no longer reaches it",
    "delete_because_each_key": "for_each no longer names it",
    "delete_because_no_move_target": "it was moved to where the code has nothing",
}
MOST_CAUSES = 3


def noun(kind: str, number: int = 1) -> str:
    """Return what things of a resource type are called, such as `endpoint` or `alarms`."""
    return plural(NOUNS.get(kind) or kind.removeprefix("aws_").replace("_", " "), number)


def plural(word: str, number: int) -> str:
    """Return a noun as it stands behind a number, such as `1 policy` or `2 policies`."""
    if number == 1:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("s") else "s")


def title(change: Change) -> str:
    """Return noun and name of what a change is about, such as `endpoint scones-prod`."""
    return f"{noun(change.type)} {name(change)}"


def name(change: Change) -> str:
    """Return the name of a resource as AWS knows it; its address where it is named by AWS itself."""
    if change.type == "terraform_data":
        return change.name
    for state in (change.before, change.after):
        if change.type == "aws_iam_role_policy" and isinstance(state.get("role"), str):
            return f"{state.get('name')} of {state['role']}"
        for key in NAMES:
            value = state.get(key)
            if isinstance(value, str) and value and value != UNKNOWN:
                return value
    return change.address


def counted(changes: Iterable[Change]) -> str:
    """Return how many of each kind there are, the most first: `14 alarms, 5 log groups, 1 endpoint`."""
    kinds = Counter(change.type for change in changes)
    return ", ".join(f"{number} {noun(kind, number)}" for kind, number in kinds.most_common())


def why(change: Change) -> str:
    """Return why a resource is replaced or deleted, for after `because`; empty if the plan does not say."""
    if change.replace_paths:
        causes = list(dict.fromkeys(_cause(change, path) for path in change.replace_paths))
        more = len(causes) - MOST_CAUSES
        return " and ".join(causes[:MOST_CAUSES]) + (f" and {more} more" if more > 0 else "")
    return REASONS.get(change.reason, "")


def because(change: Change) -> str:
    """Return `, because …`, or nothing where the plan does not say why."""
    reason = why(change)
    return f", because {reason}" if reason else ""


def _cause(change: Change, path: str) -> str:
    before, after = both(change, path)
    what = attribute(path)
    if is_empty(before) and not is_empty(after):
        return f"{what} was added"
    if is_empty(after) and not is_empty(before):
        return f"{what} was removed"
    if after == UNKNOWN or not isinstance(before, str | int | float) or not _is_short(before, after):
        return f"{what} changes"
    return f"{what} changes from {plain(before)} to {plain(after)}"


def _is_short(*values: object) -> bool:
    return all(len(plain(value, 1 << 20)) <= 60 for value in values)
