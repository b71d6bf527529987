"""What stands there costs, what nobody knows is unknown, and the bill says both before and after."""

import json
from typing import Any

import pytest

import cost as command
from scones.errors import NotDeployed
from scones.infrastructure.state import State
from scones.review.findings import Context, Part, Risk
from scones.review.money import bill
from scones.review.money.cost import money, monthly, region_of
from scones.review.money.usage import happy_path
from scones.review.plan import UNKNOWN, Plan
from unit.review.plans import change, plan

HOURS = 730
US = {"region": {"value": "us-east-1"}}
DEFINITION = json.dumps(
    {
        "StartAt": "read",
        "States": {
            "read": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:1:function:scones-read"},
                "Next": "choose",
            },
            "choose": {"Type": "Choice", "Choices": [{"Next": "done"}], "Default": "failed"},
            "done": {"Type": "Succeed"},
            "failed": {"Type": "Fail"},
        },
    }
)


def resource(kind: str, module: str = "module.endpoint", **attributes: Any) -> dict[str, Any]:
    return {"type": kind, "name": "this", "module": module, "attributes": attributes}


def variant(instance_type: str = "ml.m5.large", count: Any = 1, **more: Any) -> dict[str, Any]:
    return {
        "variant_name": "AllTraffic",
        "instance_type": instance_type,
        "initial_instance_count": count,
        "serverless_config": [],
        "managed_instance_scaling": [],
    } | more


def endpoint(*variants: dict[str, Any], scaling: tuple[Any, Any] | None = None) -> list[dict[str, Any]]:
    found = [
        resource("aws_sagemaker_endpoint", name="scones", endpoint_config_name="scones-1"),
        resource(
            "aws_sagemaker_endpoint_configuration",
            name="scones-1",
            production_variants=list(variants or [variant()]),
            shadow_production_variants=[],
        ),
    ]
    if scaling:
        found.append(
            resource(
                "aws_appautoscaling_target",
                resource_id="endpoint/scones/variant/AllTraffic",
                min_capacity=scaling[0],
                max_capacity=scaling[1],
            )
        )
    return found


def workflow(memory: int = 256) -> list[dict[str, Any]]:
    return [
        resource("aws_sfn_state_machine", name="scones", definition=DEFINITION, type="STANDARD"),
        resource(
            "aws_lambda_function", function_name="scones-read", memory_size=memory, architectures=["arm64"]
        ),
        resource("aws_cloudwatch_event_rule"),
        resource("aws_sqs_queue"),
    ]


def standing(*resources: dict[str, Any], region: str = "us-east-1") -> tuple[float, float, list[str]]:
    cost = monthly(list(resources), region)
    return round(cost.minimum, 2), round(cost.maximum, 2), cost.unknown


def as_plan(before: list[dict[str, Any]], after: list[dict[str, Any]], **raw: Any) -> Plan:
    """Return a plan from one list of resources to another; those in the same place change."""
    longest = max(len(before), len(after))
    rows = zip(before + [{}] * (longest - len(before)), after + [{}] * (longest - len(after)), strict=True)
    changes = []
    for old, new in rows:
        entry = change(f"{(new or old)['type']}.this", old.get("attributes"), new.get("attributes"))
        changes.append(entry | {"module_address": (new or old)["module"]})
    return plan(*changes, **({"variables": US} | raw))


def bill_of(before: list[dict[str, Any]], after: list[dict[str, Any]], **raw: Any) -> Part:
    return money(as_plan(before, after, **raw), Context("prod"))


# --- Always on ---------------------------------------------------------------------------------------


def test_an_endpoint_costs_between_the_fewest_and_the_most_instances() -> None:
    assert standing(*endpoint(scaling=(2, 6))) == (167.9, 503.7, [])


def test_an_endpoint_without_scaling_costs_as_many_instances_as_it_starts_with() -> None:
    assert standing(*endpoint(variant(count=3))) == (251.85, 251.85, [])


def test_every_variant_counts_and_shadows_do_too() -> None:
    resources = endpoint(variant(), variant("ml.c5.large", variant_name="Other"))
    resources[1]["attributes"]["shadow_production_variants"] = [
        variant("ml.t2.medium", variant_name="Shadow")
    ]
    assert standing(*resources)[1] == round((0.115 + 0.102 + 0.056) * HOURS, 2)


def test_managed_scaling_gives_the_range_too() -> None:
    managed = [{"status": "ENABLED", "min_instance_count": 0, "max_instance_count": 2}]
    assert standing(*endpoint(variant(managed_instance_scaling=managed))) == (0.0, 167.9, [])


def test_a_configuration_that_no_endpoint_uses_costs_nothing() -> None:
    assert standing(endpoint()[1]) == (0, 0, [])


def test_a_serverless_endpoint_is_free_while_idle_and_costs_by_use() -> None:
    settings = [{"memory_size_in_mb": 2048, "max_concurrency": 5}]
    resources = endpoint(variant(None, None, serverless_config=settings))
    assert standing(*resources) == (0.0, 0.0, [])
    shares = {share.what: share.amount for share in monthly([*resources, *workflow()], "us-east-1").shares}
    assert shares["serverless endpoint"] == pytest.approx(1000 * 2 * 0.1 * 0.00002)


@pytest.mark.parametrize(
    ("found", "region"),
    [
        (endpoint(variant("ml.m5.gigantic")), "us-east-1"),
        (endpoint(), "mars-1"),
        (endpoint(), ""),
        (endpoint(variant(count=UNKNOWN)), "us-east-1"),
        (endpoint(UNKNOWN), "us-east-1"),  # type: ignore[arg-type]
        (endpoint(variant(None, None, serverless_config=UNKNOWN)), "us-east-1"),
        (endpoint(variant(None, None, serverless_config=[UNKNOWN])), "us-east-1"),
        (endpoint(scaling=(1, "(sensitive)")), "us-east-1"),
        (endpoint()[:1], "us-east-1"),
        ([resource("aws_db_instance")], "us-east-1"),
        ([resource("aws_kms_key")], "mars-1"),
        ([resource("aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=UNKNOWN)], "us-east-1"),
        ([resource("aws_lambda_provisioned_concurrency_config", function_name="x")], "us-east-1"),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_unknown_and_never_nothing(found: list[dict[str, Any]], region: str) -> None:
    cost = monthly(found, region)
    assert len(cost.unknown) == 1
    assert bill.month(cost) == "at least $0.00, plus unknown"


def test_an_unknown_part_leaves_the_known_one_a_lower_bound() -> None:
    cost = monthly([*endpoint(), resource("aws_db_instance")], "us-east-1")
    assert bill.month(cost) == "at least $83.95, plus unknown"
    assert cost.unknown == ["1 × aws_db_instance"]


@pytest.mark.parametrize(
    ("found", "month"),
    [
        (resource("aws_kms_key"), 1.00),
        (resource("aws_cloudwatch_metric_alarm", metric_query=[], period=60), 0.10),
        (resource("aws_cloudwatch_metric_alarm", metric_query=[], period=10), 0.30),
        (resource("aws_cloudwatch_metric_alarm", metric_query=[
            {"metric": [{"period": 300}]}, {"metric": [{"period": 300}]}, {"metric": []}]), 0.20),
        (resource("aws_appautoscaling_policy", policy_type="TargetTrackingScaling"), 0.20),
        (resource("aws_cloudwatch_dashboard"), 3.00),
        (resource("aws_lambda_function", environment=[{"variables": {"THRESHOLD": "0.9"}}]), 0),
        (resource("aws_lambda_function", environment=[{"variables": {
            "METRICS_NAMESPACE": "Scones", "CLASS_NAMES": '["bicycle", "motorcycle"]'}}]), 3.60),
        (resource("aws_lambda_function", environment=[{"variables": {"REPORTS_S3_URI": "s3://b/d"}}]), 2.40),
        (resource("aws_vpc_endpoint", vpc_endpoint_type="Interface", subnet_ids=["a", "b"]), 14.60),
        (resource("aws_vpc_endpoint", vpc_endpoint_type="Gateway"), 0),
        (resource("aws_nat_gateway"), 32.85),
        (resource("aws_secretsmanager_secret"), 0.40),
        (resource("aws_iam_role"), 0),
        (resource("aws_sqs_queue"), 0),
    ],
)  # fmt: skip
def test_a_thing_costs_what_it_costs_a_month(found: dict[str, Any], month: float) -> None:
    assert standing(found) == (month, month, [])


def test_provisioned_concurrency_costs_by_memory_and_architecture() -> None:
    function = resource(
        "aws_lambda_function", function_name="f", arn="arn:f", memory_size=512, architectures=["arm64"]
    )
    settings = resource(
        "aws_lambda_provisioned_concurrency_config", function_name="f", provisioned_concurrent_executions=4
    )
    assert standing(function, settings)[0] == round(4 * 0.5 * 0.0000033334 * HOURS * 3600, 2)


# --- 1,000 classifications ---------------------------------------------------------------------------


def test_the_way_of_a_picture_is_the_states_of_an_untroubled_execution() -> None:
    path = happy_path(DEFINITION)
    assert path is not None
    assert [name for name, _ in path] == ["read", "choose", "done"]


@pytest.mark.parametrize(
    "definition", [UNKNOWN, "(sensitive)", None, "{}", '{"StartAt": "a", "States": {}}', "[]"]
)
def test_a_definition_that_cannot_be_read_makes_the_share_unknown(definition: Any) -> None:
    machine = resource("aws_sfn_state_machine", name="scones", definition=definition)
    cost = monthly([machine], "us-east-1")
    assert cost.unknown_shares == ["state machine scones"]


def test_a_loop_ends() -> None:
    looping = json.dumps({"StartAt": "a", "States": {"a": {"Next": "b"}, "b": {"Next": "a"}}})
    assert len(happy_path(looping) or []) == 2


def test_a_thousand_classifications_cost_what_their_parts_cost() -> None:
    cost = monthly(workflow(memory=512), "us-east-1")
    assert {share.what: round(share.amount or 0, 6) for share in cost.shares} == {
        "Step Functions": 0.075,
        "Lambda": round(1000 * (0.0000002 + 0.5 * 0.2 * 0.0000133334), 6),
        "S3": 0.0054,
        "EventBridge": 0.001,
        "SQS": 0.00012,
    }


def test_a_function_that_is_not_there_makes_the_share_unknown() -> None:
    cost = monthly(workflow()[:1], "us-east-1")
    assert "Lambda" in cost.unknown_shares


# --- The part of the review --------------------------------------------------------------------------


def test_a_rise_is_told_at_both_capacities_and_needs_care() -> None:
    found = bill_of(endpoint(scaling=(1, 2)), endpoint(scaling=(2, 6)))
    assert [finding.text for finding in found.findings] == [
        "always on: $83.95 → $168 a month at minimum capacity, $168 → $504 at maximum"
    ]
    assert found.findings[0].risk == Risk.CARE
    assert "| endpoint scones | \\$83.95 to \\$168 | \\$168 to \\$504 |" in found.blocks[0].markdown


def test_a_first_deployment_tells_what_it_will_cost_without_alarm() -> None:
    found = bill_of([], [*endpoint(), *workflow()])
    assert [finding.risk for finding in found.findings] == [Risk.NOTE, Risk.NOTE]
    assert found.findings[0].text == "always on: $83.95 a month"
    assert found.findings[1].text.startswith("1,000 classifications: $0.0")


def test_a_saving_is_told() -> None:
    found = bill_of([resource("aws_kms_key", id="k"), *endpoint()], [resource("aws_kms_key", id="k")])
    assert found.findings[0].text == "always on: $84.95 → $1.00 a month"
    assert found.findings[0].risk == Risk.NOTE


def test_a_destroyed_workflow_costs_nothing() -> None:
    found = bill_of(endpoint(), [])
    assert found.findings[0].text == "always on: $83.95 → nothing a month"


def test_what_is_only_forgotten_goes_on_costing() -> None:
    entries = [
        change(f"module.endpoint.{one['type']}.this", one["attributes"], None, actions=["forget"])
        for one in endpoint(scaling=(1, 2))
    ]
    found = money(plan(*entries, variables={"region": {"value": "us-east-1"}}), Context("dev"))

    assert found.data["after"]["month"] == found.data["before"]["month"]
    assert found.data["after"]["month"]["maximum"] == 167.9
    assert found.findings == ()


def test_a_plan_that_leaves_the_bill_alone_says_so_in_one_line() -> None:
    side = [*endpoint(), *workflow()]
    found = bill_of(side, side)
    assert found.findings == ()
    assert "\n" not in found.blocks[0].markdown
    assert found.blocks[0].markdown.startswith("Stays as it is: \\$83.95 a month")


def test_a_newly_unknown_price_needs_care_and_an_old_one_does_not() -> None:
    unknown = endpoint(variant("ml.p9.48xlarge"))
    found = bill_of(endpoint(), unknown)
    assert found.findings[-1].risk == Risk.CARE
    assert "ml.p9.48xlarge" in found.findings[-1].text
    assert "plus unknown: endpoint scones" in found.findings[0].text
    assert "| endpoint scones | \\$83.95 | unknown |" in found.blocks[0].markdown
    again = bill_of([*unknown, resource("aws_kms_key")], [*unknown, resource("aws_kms_key", x=1)])
    assert not [finding for finding in again.findings if finding.risk == Risk.CARE]


def test_an_endpoint_whose_configuration_is_not_named_yet_has_that_of_its_module() -> None:
    after = endpoint(scaling=(1, 2))
    after[0]["attributes"]["endpoint_config_name"] = UNKNOWN
    assert (
        bill_of([], after).findings[0].text
        == "always on: $83.95 a month at minimum capacity, $168 at maximum"
    )


def test_the_table_says_the_date_and_what_is_not_in_it() -> None:
    markdown = bill_of([], endpoint()).blocks[0].markdown
    assert "List prices in US dollars of 20" in markdown
    assert "prices.toml" in markdown
    assert "not counted: free tiers" in markdown


def test_the_data_is_for_programs() -> None:
    data = bill_of(endpoint(), endpoint(scaling=(2, 6))).data
    assert data["before"]["month"] == {"minimum": 83.95, "maximum": 83.95, "unknown": []}
    assert data["after"]["month"] == {"minimum": 167.9, "maximum": 503.7, "unknown": []}
    json.dumps(data)


def test_a_plan_of_nothing_that_costs_has_no_section() -> None:
    found = bill_of([], [resource("aws_iam_role")])
    assert (found.findings, found.blocks) == ((), ())


def test_the_region_is_that_of_the_plan_or_of_most_resources() -> None:
    arns = [
        resource("aws_sqs_queue", arn=f"arn:aws:sqs:{region}:1:a") for region in ("eu-west-1", "eu-west-1")
    ]
    arns.append(resource("aws_sns_topic", arn="arn:aws:sns:us-east-1:1:a"))
    arns.append(resource("aws_iam_role", arn="arn:aws:iam::1:role/a"))
    assert region_of(arns) == "eu-west-1"
    assert region_of([]) == ""
    assert bill_of([], [*endpoint(), *arns], variables={}).data["after"]["region"] == "eu-west-1"


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "$0.00"), (0.00012, "$0.000120"), (0.0054, "$0.0054"), (0.11, "$0.11"), (1234.5, "$1,234")],
)  # fmt: skip
def test_an_amount_has_as_many_digits_as_matter(amount: float, words: str) -> None:
    assert bill.dollars(amount) == words


# --- The command -------------------------------------------------------------------------------------


class Standing:
    """Stands for a root of Terraform: its state holds what the test put there."""

    resources: tuple[dict[str, Any], ...] = ()

    def __init__(self, name: str, environment: Any) -> None:
        self._name = name

    def state(self) -> State:
        found = self.resources if self._name == "workflow" else ()
        entries = [
            {"mode": "managed", "type": one["type"], "name": one["name"], "module": one["module"],
             "instances": [{"attributes": one["attributes"]}]}
            for one in found
        ]  # fmt: skip
        return State({"resources": entries})


def run(monkeypatch: pytest.MonkeyPatch, found: list[dict[str, Any]], *words: str) -> None:
    monkeypatch.setattr(command, "Root", type("Filled", (Standing,), {"resources": tuple(found)}))
    monkeypatch.setattr("sys.argv", ["cost.py", "--env", "local", *words])
    monkeypatch.setenv("COLUMNS", "80")
    command.command()


def test_the_command_shows_what_is_deployed_in_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = resource("aws_sns_topic", arn="arn:aws:sns:us-east-1:1:a")
    run(monkeypatch, [*endpoint(scaling=(1, 2)), *workflow(), arn])
    shown = capsys.readouterr().out
    assert "always on, a month" in shown
    assert "$83.95 to $168" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_command_prints_the_same_for_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, [*endpoint(), resource("aws_sns_topic", arn="arn:aws:sns:us-east-1:1:a")], "--json")
    assert json.loads(capsys.readouterr().out)["month"] == {"minimum": 83.95, "maximum": 83.95, "unknown": []}


def test_the_command_says_when_nothing_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotDeployed, match="nothing is deployed in local"):
        run(monkeypatch, [])
