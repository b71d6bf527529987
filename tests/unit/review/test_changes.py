"""The ledger shows every change of a plan, the worst first, and folds what nobody has to read."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scones.review.findings import Context, Part, Risk
from scones.review.ledger.changes import changes
from scones.review.plan import UNKNOWN, Plan
from unit.review.plans import change, plan
from unit.review.reviews import kinds

CONTEXT = Context("dev")
FUNCTION = {"function_name": "f", "source_code_hash": "old", "last_modified": "1", "timeout": 10}


def tagged(number: int) -> list[dict[str, Any]]:
    return [
        change(
            f'module.x.aws_sns_topic.this["{place}"]',
            {"name": "t", "tags_all": {"Team": None}},
            {"name": "t", "tags_all": {"Team": "routing"}},
        )
        | {"type": "aws_sns_topic"}
        for place in range(number)
    ]


def text(part: Part) -> str:
    return "\n\n".join(block.markdown for block in part.blocks)


def covered(part: Part) -> int:
    return sum(block.covers for block in part.blocks)


def test_a_change_is_a_block_with_what_it_was_and_what_it_becomes() -> None:
    part = changes(plan(change("a.aws_lambda_function.f", FUNCTION, FUNCTION | {"timeout": 20})), CONTEXT)

    assert "`a.aws_lambda_function.f`: function f" in text(part)
    assert "| `timeout` | `10` | `20` |" in text(part)
    assert part.blocks[0].risk == Risk.SAFE


def test_what_is_added_and_what_goes_reads_none() -> None:
    part = changes(plan(change("a.x.y", {"b": "1"}, {"c": "2"})), CONTEXT)

    assert "| `b` | `1` | *none* |" in text(part)
    assert "| `c` | *none* | `2` |" in text(part)


def test_a_destroy_among_sixty_tag_changes_is_the_first_block() -> None:
    gone = change("module.x.aws_cloudwatch_dashboard.this[0]", {"dashboard_name": "scones-dev"}, None)
    gone |= {"type": "aws_cloudwatch_dashboard", "action_reason": "delete_because_count_index"}
    part = changes(plan(*tagged(30), gone, *tagged(30)), CONTEXT)

    first = part.blocks[0]
    assert "**delete**" in first.markdown and "because count no longer reaches it" in first.markdown
    assert first.risk == Risk.CARE
    assert [block.covers for block in part.blocks] == [1, 60]
    assert "60 resources change in nothing but tags: Team none → routing" in text(part)


def test_what_is_folded_is_named() -> None:
    part = changes(plan(*tagged(250)), CONTEXT)

    assert all(f'`module.x.aws_sns_topic.this["{place}"]`' in text(part) for place in range(250))
    assert covered(part) == 250
    assert len(part.blocks) == 3, "no block is too large to fit anywhere"
    assert [finding.risk for finding in part.findings] == [Risk.NOTE]


def test_a_tag_change_with_something_else_is_no_noise() -> None:
    before = {"name": "t", "display_name": "a", "tags": {"A": "1"}, "tags_all": {"A": "1"}}
    after = before | {"display_name": "b", "tags": {"A": "2"}, "tags_all": {"A": "2"}}
    part = changes(plan(change("m.aws_sns_topic.t", before, after)), CONTEXT)

    assert "`display_name`" in text(part) and "`tags.A`" in text(part)
    assert "tags_all" not in text(part), "a tag is told once"


def test_a_default_tag_is_told_where_something_else_changes_too() -> None:
    before = {"display_name": "a", "tags": {}, "tags_all": {"A": "1"}}
    after = {"display_name": "b", "tags": {}, "tags_all": {"A": "2"}}
    part = changes(plan(change("m.aws_sns_topic.t", before, after)), CONTEXT)

    assert "`tags_all.A`" in text(part)


def test_a_new_zip_is_folded() -> None:
    after = FUNCTION | {"source_code_hash": "new", "last_modified": UNKNOWN}
    part = changes(plan(change("m.aws_lambda_function.f", FUNCTION, after)), CONTEXT)

    assert "1 resource changes in nothing but the function's zip" in text(part)


def test_what_aws_fills_in_is_folded() -> None:
    entry = change("m.aws_x.y", {"etag": "1", "name": "n"}, {"etag": None, "name": "n"})
    entry["change"]["after_unknown"] = {"etag": True}
    part = changes(plan(entry), CONTEXT)

    assert "1 resource changes in nothing but what AWS fills in" in text(part)


def unknown_configuration() -> dict[str, Any]:
    entry = change(
        "module.endpoint.aws_sagemaker_endpoint.this[0]",
        {"name": "scones-dev", "endpoint_config_name": "one"},
        {"name": "scones-dev"},
    )
    entry["type"] = "aws_sagemaker_endpoint"
    entry["change"]["after_unknown"] = {"endpoint_config_name": True}
    return entry


def test_a_deployment_is_no_noise_although_its_configuration_has_no_name_yet() -> None:
    part = changes(plan(unknown_configuration()), CONTEXT)

    assert "| `endpoint_config_name` | `one` | *known after apply* |" in text(part)


def configured(expressions: Any) -> dict[str, Any]:
    resource = {"address": "aws_x.y", "expressions": expressions}
    return {"root_module": {"module_calls": {"m": {"module": {"resources": [resource]}}}}}


def test_what_the_configuration_sets_is_never_noise() -> None:
    entry = change('module.m["a.b]"].aws_x.y[0]', {"thing": [{"etag": "1"}]}, {"thing": [{}]})
    entry["change"]["after_unknown"] = {"thing": [{"etag": True}]}

    meant = plan(entry, configuration=configured({"thing": [{"etag": {"references": ["aws_z.z"]}}]}))
    filled = plan(entry, configuration=configured({"thing": [{"other": {"constant_value": 1}}]}))

    assert "`thing.0.etag`" in text(changes(meant, CONTEXT))
    assert "what AWS fills in" in text(changes(filled, CONTEXT))


def test_what_forces_a_replacement_comes_first_and_says_so() -> None:
    entry = change("m.aws_sagemaker_endpoint.this", {"a": "1", "name": "x"}, {"a": "2", "name": "y"})
    entry["change"] |= {"actions": ["delete", "create"], "replace_paths": [["name"]]}
    part = changes(plan(entry), CONTEXT)

    rows = [line for line in text(part).splitlines() if line.startswith("| `")]
    assert rows[0] == "| `name` (forces it) | `x` | `y` |"
    assert "because name changes from x to y" in text(part)
    assert part.blocks[0].risk == Risk.DESTRUCTIVE


def test_what_aws_only_writes_differently_is_no_row() -> None:
    before = {"name": "x", "count": 0, "tags": {}, "ssm": False, "ami": ""}
    entry = change("m.x.y", before, {"name": "y", "count": None, "tags": None, "ssm": None, "ami": None})
    entry["change"] |= {"actions": ["create", "delete"], "replace_paths": [["name"]]}

    rows = [line for line in text(changes(plan(entry), CONTEXT)).splitlines() if line.startswith("| `")]
    assert rows == ["| `name` (forces it) | `x` | `y` |"]


def test_policies_and_definitions_are_told_elsewhere() -> None:
    policy = change("m.aws_iam_role_policy.p", {"policy": '{"a": 1}'}, {"policy": '{"a": 2}'})
    machine = change("m.aws_sfn_state_machine.s", {"definition": "{}"}, {"definition": '{"A": 1}'})
    part = changes(plan(policy, machine), CONTEXT)

    assert "| `policy` |  | see Permissions |" in text(part)
    assert "| `definition` |  | see State machine |" in text(part)
    assert "{" not in text(part)
    assert [entry["changed"] for entry in part.data] == [{}, {}]


def test_what_differs_inside_a_string_of_json_is_told_alone() -> None:
    before = {"redrive_policy": '{"maxReceiveCount": 5, "deadLetterTargetArn": "arn:x"}'}
    after = {"redrive_policy": '{"deadLetterTargetArn": "arn:x", "maxReceiveCount": 3}'}
    part = changes(plan(change("m.aws_sqs_queue.q", before, after)), CONTEXT)

    assert "| `redrive_policy` `maxReceiveCount` | `5` | `3` |" in text(part)


def test_a_long_value_is_shown_from_where_it_differs() -> None:
    start = "s3://bucket/" + "long/" * 30
    part = changes(plan(change("m.x.y", {"uri": f"{start}one"}, {"uri": f"{start}two"})), CONTEXT)

    assert "one`" in text(part) and "two`" in text(part)
    assert start not in text(part)


def test_a_tag_may_have_dots_in_its_name() -> None:
    before, after = {"name": "a", "tags": {"a.b": "1"}}, {"name": "b", "tags": {"a.b": "2"}}
    part = changes(plan(change("m.x.y", before, after)), CONTEXT)

    assert "| `tags.a.b` | `1` | `2` |" in text(part)


def test_what_is_created_is_folded_with_what_it_is_set_to() -> None:
    after = {"name": "q", "tags": None, "kms": "", "delay": 0, "nested": [{"a": 1}], "list": ["x"]}
    part = changes(plan(change("m.aws_sqs_queue.q", None, after)), CONTEXT)

    assert "<summary>create m.aws_sqs_queue.q</summary>" in text(part)
    assert "| `nested.0.a` | `1` |" in text(part)
    assert "kms" not in text(part) and "tags" not in text(part)


def test_a_deleted_or_forgotten_resource_needs_no_list_of_what_it_was() -> None:
    gone = change("m.aws_sqs_queue.q", {"name": "secretive"}, None)
    kept = change("m.aws_sqs_queue.r", {"name": "r"}, None, actions=["forget"])
    part = changes(plan(gone, kept), CONTEXT)

    assert "|" not in text(part)
    assert "**forget** `m.aws_sqs_queue.r`" in text(part)


def test_what_an_interrupted_replacement_left_behind_is_told_as_such() -> None:
    left = change("m.aws_sagemaker_model.this", {"name": "old"}, None) | {"deposed": "0123abcd"}
    part = changes(plan(left), CONTEXT)

    assert "left behind by an interrupted replacement" in text(part)
    assert part.blocks[0].risk == Risk.SAFE


def test_moves_and_outputs_are_told_and_count_for_no_change() -> None:
    moved = change("m.a.b[0]", {"x": 1}, {"x": 1}) | {"previous_address": "m.a.b"}
    outputs = {"name": {"actions": ["update"], "before": 1, "after": 2}, "same": {"actions": ["no-op"]}}
    part = changes(plan(moved, output_changes=outputs), CONTEXT)

    assert "1 resource gets another address" in text(part)
    assert "- `m.a.b → m.a.b[0]`" in text(part)
    assert "1 output changes" in text(part) and "same" not in text(part)
    assert covered(part) == 0


def test_what_moves_and_changes_is_counted_as_both() -> None:
    moved = change("m.a.b[0]", {"x": 1}, {"x": 2}) | {"previous_address": "m.a.b"}
    part = changes(plan(moved), CONTEXT)

    assert covered(part) == 1
    assert "1 resource gets another address" in [finding.text for finding in part.findings]
    assert [entry["moved_from"] for entry in part.data] == ["m.a.b"]


def test_imports_are_counted_and_listed_by_the_id_that_aws_gave_them() -> None:
    def taken(address: str, importing: Any) -> dict[str, Any]:
        entry = change(address, {"name": "q"}, {"name": "q"})
        entry["change"]["importing"] = importing
        return entry

    part = changes(plan(taken("m.aws_sqs_queue.a", {"id": "https://q"}), taken("m.x.b", {})), CONTEXT)

    assert "2 resources that Terraform did not know are imported" in text(part)
    assert "m.aws_sqs_queue.a, which AWS calls https://q" in text(part)
    assert "m.x.b, which AWS calls (known after apply)" in text(part)
    assert [entry["imported"] for entry in part.data] == ["https://q", UNKNOWN]
    assert covered(part) == 0


def test_outputs_alone_are_told_in_the_head_but_not_beside_other_changes() -> None:
    outputs = {"name": {"actions": ["update"], "before": 1, "after": 2}}
    changed = change("a.x.y", {"b": "1"}, {"b": "2"})

    assert [one.text for one in changes(plan(output_changes=outputs), CONTEXT).findings] == [
        "1 output changes"
    ]
    assert not changes(plan(changed, output_changes=outputs), CONTEXT).findings


def test_the_data_name_every_change_and_why() -> None:
    entry = change("m.aws_sqs_queue.q", {"a": 1}, {"a": 2})
    (data,) = changes(plan(entry), CONTEXT).data

    assert data == {
        "address": "m.aws_sqs_queue.q",
        "action": "update",
        "moved_from": "",
        "imported": "",
        "risk": "safe",
        "folded": None,
        "because": "",
        "changed": {"a": [1, 2]},
    }


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 3)
    | st.sampled_from(["", "a", "{", '{"a": 1}', "[1]", UNKNOWN]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=5,
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["tags", "tags_all", "policy", "source_code_hash", "name", "id"]), VALUES, max_size=4
)
KINDS = st.sampled_from(["aws_lambda_function", "aws_sqs_queue", "aws_iam_role", "aws_sagemaker_endpoint"])
ACTIONS = st.sampled_from(
    [["create"], ["update"], ["delete"], ["delete", "create"], ["create", "delete"], ["no-op"], ["forget"]]
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    entries = []
    for place in range(draw(st.integers(0, 6))):
        before, after = draw(ATTRIBUTES), draw(ATTRIBUTES)
        entry = change(f"m.{draw(KINDS)}.x{place}", before, after, actions=draw(ACTIONS))
        entry["change"]["after_unknown"] = draw(st.dictionaries(st.sampled_from("xyz"), st.booleans()))
        entries.append(entry)
    return plan(*entries)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_no_change_is_ever_dropped(made: Plan) -> None:
    part = changes(made, CONTEXT)

    assert covered(part) == len(made.changed) == len(part.data)
    assert all(entry.address in text(part) for entry in made.changed)
    kinds(text(part))
