"""A failure of Terraform's that we know more about ends in one line that says what to do."""

from scones.infrastructure import failures
from scones.infrastructure.failures import RolledBack

LOCKED = """╷
│ Error: Error acquiring the state lock
│
│ Error message: operation error S3: PutObject, https response error StatusCode: 412, PreconditionFailed
│ Lock Info:
│   ID:        f3a1c9e4-5d2b-7e88-0b5e-2f1f4d1f0c11
│   Path:      scones-prod-state-111111111111-us-east-1/workflow.tfstate
│   Operation: OperationTypeApply
│   Who:       erin@laptop
│   Version:   1.11.4
│   Created:   2026-11-24 10:01:02.345678 +0000 UTC
│   Info:
│
│ Terraform acquires a state lock to protect the state from being written
╵"""

ROLLED_BACK = """╷
│ Error: Resource postcondition failed
│
│   on ../modules/endpoint/main.tf line 140, in resource "aws_sagemaker_endpoint" "this":
│ Endpoint scones-prod still serves scones-prod-20261124: SageMaker rolled the
│ update back. See its alarms
╵"""

ROLLING_BACK = """╷
│ Error: waiting for SageMaker AI Endpoint (scones-prod) update: unexpected state 'RollingBack', wanted
│ target 'InService'. last error: %!s(<nil>)
│
│   with module.endpoint.aws_sagemaker_endpoint.this[0],
╵"""


def test_a_held_lock_says_who_since_when_and_how_to_take_it_away() -> None:
    said = str(failures.explain(LOCKED, "workflow", "prod"))

    assert said == (
        "refused (locked): the state of workflow is locked by erin@laptop since 2026-11-24 10:01:02 UTC "
        "(apply): wait for it; if that run is dead, "
        "'make unlock ENV=prod ARGS=\"--root workflow f3a1c9e4-5d2b-7e88-0b5e-2f1f4d1f0c11\"'"
    )


def test_a_rolled_back_update_says_what_still_serves() -> None:
    explained = failures.explain(ROLLED_BACK, "workflow", "prod")

    assert isinstance(explained, RolledBack)
    assert "scones-prod still serves scones-prod-20261124, as before" in str(explained)
    assert "make rollback ENV=prod" in str(explained)


def test_an_update_that_is_being_rolled_back_says_what_goes_on_serving() -> None:
    explained = failures.explain(ROLLING_BACK, "workflow", "prod")

    assert isinstance(explained, RolledBack)
    assert "is being rolled back: scones-prod goes on serving what it served before" in str(explained)
    assert "make rollback ENV=prod" in str(explained)


def test_a_stale_plan_has_its_reason() -> None:
    assert "refused (state-moved)" in str(failures.explain("Error: Saved plan is stale", "workflow", "dev"))


def test_any_other_failure_is_left_to_terraforms_own_words() -> None:
    assert failures.explain("Error: creating S3 Bucket: AccessDenied", "workflow", "dev") is None
