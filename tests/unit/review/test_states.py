"""The section on the state machine says what changes, draws it, and checks that the role suffices."""

import pytest

from scones.review.findings import Context, Part, Risk
from scones.review.plan import Plan
from scones.review.state_machine.states import MOST_TOLD, state_machine
from unit.review import plans
from unit.review.documents import Statement, allow, of, unknown
from unit.review.machines import FUNCTION, State, call, held, machine_plan, task
from unit.review.reviews import kinds

MAY_CALL = allow("lambda:InvokeFunction", FUNCTION)
RETRY = [{"ErrorEquals": ["Throttled"], "MaxAttempts": 5}]
FEWER = [{"ErrorEquals": ["Throttled"], "MaxAttempts": 3}]
ONE = {"classify": call(Retry=RETRY)}


def part(plan: Plan) -> Part:
    return state_machine(plan, Context("dev"))


def changed(
    after: dict[str, State], before: dict[str, State] = ONE, allowed: list[Statement] | None = None
) -> Part:
    return part(machine_plan(before, after, [MAY_CALL] if allowed is None else allowed))


def said(found: Part, risk: Risk) -> list[str]:
    return [finding.text for finding in found.findings if finding.risk == risk]


def section(found: Part) -> str:
    return "\n\n".join(block.markdown for block in found.blocks)


def test_a_plan_that_leaves_the_machine_alone_has_nothing_to_say() -> None:
    found = changed(ONE)
    assert (found.findings, found.blocks, found.data) == ((), (), None)


def test_tags_of_the_machine_are_nothing_to_say() -> None:
    plan = of(plans.change("aws_sfn_state_machine.this", held(ONE), held(ONE, tags={"a": "b"})))
    assert part(plan).blocks == ()


def test_fewer_retries_need_care_and_more_do_not() -> None:
    assert said(changed({"classify": call(Retry=FEWER)}), Risk.CARE) == [
        "state `classify` retries 3 times instead of 5"
    ]
    more = changed(ONE, before={"classify": call(Retry=FEWER)})
    assert said(more, Risk.SAFE) == ["state `classify` retries 5 times instead of 3"]


def test_a_removed_state_needs_care_and_a_new_one_does_not() -> None:
    two = {"classify": call(Next="Tell"), "Tell": {"Type": "Succeed"}}
    assert "state `Tell` is removed" in said(changed({"classify": call()}, before=two), Risk.CARE)
    assert "state `Tell` is new" in said(changed(two, before={"classify": call()}), Risk.SAFE)


def test_a_state_that_is_no_longer_reached_needs_care() -> None:
    before = {"classify": call(Next="Tell"), "Tell": {"Type": "Succeed"}}
    after = {"classify": call(), "Tell": {"Type": "Succeed"}}
    assert "state machine `machine`: no execution reaches `Tell`" in said(
        changed(after, before=before), Risk.CARE
    )


def test_what_is_not_reached_with_the_map_around_it_is_not_named_apart() -> None:
    inner = {"StartAt": "In", "States": {"In": call()}}
    each: State = {"Type": "Map", "ItemProcessor": inner, "End": True}
    found = changed({"classify": call(), "Each": each}, before={"classify": call(Next="Each"), "Each": each})
    assert "state machine `machine`: no execution reaches `Each`" in said(found, Risk.CARE)


def test_a_comment_is_in_the_section_and_not_in_the_head() -> None:
    found = changed({"classify": call(Retry=RETRY, Comment="x")})
    assert found.findings == ()
    assert "has another comment" in section(found)


def test_a_new_machine_is_one_note_and_one_graph() -> None:
    found = part(machine_plan(None, ONE, [MAY_CALL]))
    assert said(found, Risk.NOTE) == ["state machine `machine` is new: 1 state, starting at `classify`"]
    assert len(found.findings) == 1
    assert section(found).count("```mermaid") == 1
    assert "Role `worker` may do all that its states need, and nothing else." in section(found)


def test_a_changed_machine_is_drawn_before_and_after() -> None:
    found = changed({"classify": call(Retry=FEWER, Next="Tell"), "Tell": {"Type": "Succeed"}})
    text = section(found)
    assert text.count("```mermaid") == 2
    assert "class s0 changed" in text and "class s1 added" in text
    assert found.blocks[-1].risk == Risk.NOTE


def test_what_a_state_may_not_do_needs_care() -> None:
    found = changed({"classify": call(Retry=FEWER)}, allowed=[])
    what = f"state `classify` may not `lambda:InvokeFunction` on `{FUNCTION}`: its executions will fail"
    assert what in said(found, Risk.CARE)
    assert "missing: " in section(found)


def test_what_a_state_lacks_is_one_sentence() -> None:
    job = task(
        "sagemaker:createTrainingJob.sync", Parameters={"TrainingJobName.$": "$.n", "RoleArn.$": "$.r"}
    )
    lacking = [text for text in said(changed({"Train": job}), Risk.CARE) if "may not" in text]
    assert len(lacking) == 2  # on anything, and on the rule for the job's events


def test_a_role_that_loses_what_an_unchanged_machine_needs_is_found() -> None:
    found = part(machine_plan(ONE, ONE, [], earlier=[MAY_CALL]))
    assert len(said(found, Risk.CARE)) == 1
    assert "same definition" in section(found) and "mermaid" not in section(found)


def test_what_no_state_needs_is_a_note() -> None:
    found = part(machine_plan(None, ONE, [MAY_CALL, allow("s3:GetObject", "arn:aws:s3:::pictures/*")]))
    assert "role `worker` may do `s3:GetObject` on `arn:aws:s3:::pictures/*`, which no state needs" in said(
        found, Risk.NOTE
    )


def test_where_a_state_cannot_be_told_nothing_is_called_unused_for_sure() -> None:
    states = ONE | {"classify": call(Next="Ask"), "Ask": task("http:invoke")}
    found = part(machine_plan(None, states, [MAY_CALL, allow("s3:GetObject", "*")]))
    assert any(text.endswith("as far as its states can be checked") for text in said(found, Risk.NOTE))
    assert "not checked: state `Ask`" in section(found)


def test_logs_that_the_role_may_not_deliver_are_named_as_such() -> None:
    found = part(machine_plan(None, ONE, [MAY_CALL], logging_configuration=[{"level": "ALL"}]))
    [text] = said(found, Risk.CARE)
    assert text.startswith("role `worker` may not `logs:CreateLogDelivery`") and text.endswith(
        "which logging needs"
    )


def test_a_definition_that_is_not_known_needs_care() -> None:
    change = unknown(plans.change("aws_sfn_state_machine.this", None, held(ONE)), "definition")
    [text] = said(part(of(change)), Risk.CARE)
    assert "its definition is known after apply only" in text


def test_a_definition_that_cannot_be_read_needs_care() -> None:
    change = plans.change("aws_sfn_state_machine.this", None, held(ONE, definition="nothing"))
    assert "cannot be read" in said(part(of(change)), Risk.CARE)[0]


def test_a_sensitive_definition_is_not_shown() -> None:
    change = plans.change("aws_sfn_state_machine.this", None, held(ONE), after_sensitive={"definition": True})
    found = part(of(change))
    assert "is marked sensitive" in said(found, Risk.CARE)[0]
    assert "classify" not in section(found) + str(found.data)


@pytest.mark.parametrize(("before", "risk"), [(None, Risk.NOTE), (ONE, Risk.CARE)])
def test_a_check_that_could_not_be_made_is_said(before: dict[str, State] | None, risk: Risk) -> None:
    was = None if before is None else held(before)
    change = plans.change("aws_sfn_state_machine.this", was, held({"classify": call()}))
    assert any(
        "could not be checked: its role is not in this plan" in text for text in said(part(of(change)), risk)
    )


def test_a_machine_that_goes_needs_care() -> None:
    [text] = said(part(of(plans.change("aws_sfn_state_machine.this", held(ONE), None))), Risk.CARE)
    assert text == "state machine `machine` goes, and its executions with it"


def test_a_great_many_changes_are_counted_in_the_head_and_listed_below() -> None:
    before = {f"s{at}": call(TimeoutSeconds=1) for at in range(40)}
    after = {f"s{at}": call(TimeoutSeconds=2) for at in range(40)}
    found = changed(after, before=before)
    assert f"state machine `machine`: {40 - MOST_TOLD} more changes of states, listed below" in said(
        found, Risk.SAFE
    )
    assert section(found).count("times out after 2 s") == 40


def test_hostile_names_stay_words() -> None:
    nasty = "a|b`</details>\n```\n# x"
    found = kinds(section(changed({nasty: call()}, before={nasty: call(TimeoutSeconds=1)})))
    assert "heading_open" not in found and found.count("fence") == 2


def test_the_data_for_programs_names_what_changes_and_what_is_missing() -> None:
    [data] = changed({"classify": call(Retry=FEWER)}, allowed=[]).data["machines"]
    assert data["changed"] == ["state `classify` retries 3 times instead of 5"]
    assert data["check"]["missing"][0]["action"] == "lambda:InvokeFunction"
    assert data["states"] == ["classify"]
