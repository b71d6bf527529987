"""No secret comes through: what is marked, what flowed from there, what looks like one."""

import base64
import html
import json
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scones.review.findings import Risk
from scones.review.plan import UNKNOWN, Plan
from scones.review.secrets.masking import Secret, leaks, masked, secret_values, suspicious, without_secrets
from scones.review.text import markdown
from unit.review.plans import change, plan

PASSWORD = "hunter2-and-more"
KEY_ID = "AKIA" + "Q7" * 8
PRIVATE_KEY = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{'MIIEpAIBAAKCAQEA' * 3}\n-----END RSA PRIVATE KEY-----"


def everything(of: Plan) -> str:
    """Return all that a look at the plan can see, as a text."""
    return "\n".join(
        str(part) for part in (of.changes, of.drift, dict(of.variables), dict(of.outputs), dict(of.raw))
    )


# --- What is marked ----------------------------------------------------------------------------------


def test_a_marked_leaf_is_masked_and_its_neighbours_stay() -> None:
    value = {"user": "scones", "password": PASSWORD, "ports": [1, 2]}
    assert masked(value, {"password": True, "ports": [False, True]}) == {
        "user": "scones",
        "password": "(sensitive)",
        "ports": [1, "(sensitive)"],
    }


def test_a_marked_structure_keeps_its_form() -> None:
    assert masked({"a": [1, {"b": "x"}], "c": None}, True) == {
        "a": ["(sensitive)", {"b": "(sensitive)"}],
        "c": None,
    }


@pytest.mark.parametrize("marks", [False, {}, [], {"other": True}, None])
def test_what_is_not_marked_stays(marks: Any) -> None:
    assert masked({"a": "x"}, marks) == {"a": "x"}


def test_every_place_that_carries_a_mark_is_read() -> None:
    found = plan(
        change("aws_a.b", {"p": "before-secret"}, {"p": "after-secret"}, before_sensitive={"p": True},
               after_sensitive={"p": True}),
        resource_drift=[change("aws_c.d", {"p": "old"}, {"p": "drift-secret"}, after_sensitive={"p": True})],
        output_changes={"out": {"actions": ["create"], "before": None, "after": "output-secret",
                                "after_sensitive": True}},
        planned_values={"root_module": {"child_modules": [{"resources": [
            {"address": "m.e", "values": {"p": "planned-secret"}, "sensitive_values": {"p": True}}]}]}},
        prior_state={"values": {"outputs": {"o": {"sensitive": True, "value": ["prior-secret"]}}}},
        variables={"v": {"value": {"deep": ["variable-secret", 12345678]}}},
        configuration={"root_module": {"variables": {"v": {"sensitive": True}}}},
    )  # fmt: skip
    assert {secret.value for secret in secret_values(found)} == {
        "before-secret", "after-secret", "drift-secret", "output-secret", "planned-secret", "prior-secret",
        "variable-secret", "12345678",
    }  # fmt: skip
    shown = everything(without_secrets(found))
    assert leaks(shown, secret_values(found)) == []
    assert "-secret" not in shown


def test_a_modules_sensitive_variable_is_found_through_what_is_passed_to_it() -> None:
    inner = {
        "variables": {"token": {"sensitive": True}, "d": {"sensitive": True, "default": "default-secret"}}
    }
    middle = {
        "variables": {"settings": {}},
        "module_calls": {
            "inner": {
                "expressions": {"token": {"references": ["var.settings.token", "var.settings"]}},
                "module": inner,
            }
        },
    }
    root = {
        "variables": {"all": {}},
        "module_calls": {
            "middle": {"expressions": {"settings": {"references": ["var.all"]}}, "module": middle},
            "fixed": {"expressions": {"token": {"constant_value": "constant-secret"}}, "module": inner},
            "unclear": {
                "expressions": {"token": {"references": ["var.all.token", "var.all", "var.b"]}},
                "module": inner,
            },
        },
    }
    found = plan(
        variables={"all": {"value": {"token": "passed-secret"}}}, configuration={"root_module": root}
    )
    values = {secret.place: secret.value for secret in secret_values(found)}
    assert values["module.middle.module.inner.var.token"] == "passed-secret"
    assert values["module.fixed.var.token"] == "constant-secret"
    assert values["module.fixed.var.d"] == "default-secret"
    assert "module.unclear.var.token" not in values
    assert "-secret" not in everything(without_secrets(found)).replace("passed-secret-", "")


def test_a_marked_value_is_masked_where_it_flowed_unmarked() -> None:
    policy = json.dumps({"Condition": {"StringEquals": {"aws:PrincipalTag/k": PASSWORD}}})
    url = f"https://user:{quote(PASSWORD)}@example.com"
    found = plan(
        change("aws_iam_role_policy.a", None, {"policy": policy, "url": url, "kept": "as it is"}),
        variables={"v": {"value": PASSWORD}},
        configuration={"root_module": {"variables": {"v": {"sensitive": True}}}},
    )
    after = without_secrets(found).changes[0].after
    assert json.loads(after["policy"])["Condition"]["StringEquals"] == {"aws:PrincipalTag/k": "(sensitive)"}
    assert after["kept"] == "as it is"
    assert leaks(json.dumps(after), secret_values(found)) == []


def test_a_change_of_a_secret_alone_is_still_a_change() -> None:
    marks = {"environment": [{"variables": {"PASSWORD": True}}]}
    sides = [{"environment": [{"variables": {"PASSWORD": word, "A": "1"}}]} for word in ("first1", "second2")]
    found = plan(change("aws_lambda_function.a", *sides, before_sensitive=marks, after_sensitive=marks))
    shown = without_secrets(found).changes[0]
    assert shown.changed_paths() == ["environment.0.variables.PASSWORD"]
    assert shown.after["environment"][0]["variables"]["PASSWORD"] == "(sensitive, changed)"


def test_a_secret_that_stays_is_no_change() -> None:
    side = {"p": PASSWORD, "n": 1}
    marks = {"p": True}
    found = plan(change("aws_a.b", side, side | {"n": 2}, before_sensitive=marks, after_sensitive=marks))
    assert without_secrets(found).changes[0].changed_paths() == ["n"]


def test_a_plan_without_secrets_comes_back_as_it_was() -> None:
    found = plan(
        change("aws_a.b", {"n": 1, "flag": True, "no": None}, {"n": 2, "flag": False, "no": UNKNOWN})
    )
    assert without_secrets(found) == found


def test_a_secret_does_not_show_in_a_traceback() -> None:
    assert PASSWORD not in repr(Secret("var.v", PASSWORD))


# --- The search of the finished text -----------------------------------------------------------------


def wrapped_in_base64(value: str, before: int) -> str:
    return base64.b64encode(b"x" * before + value.encode() + b"yy").decode()


FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "on one line": lambda value: " ".join(value.split()),
    "JSON": json.dumps,
    "JSON in JSON": lambda value: json.dumps(json.dumps({"a": value})),
    "JSON without ASCII only": lambda value: json.dumps(value, ensure_ascii=False),
    "Markdown": markdown.text,
    "code": markdown.code,
    "a cell of a table": lambda value: markdown.cell(markdown.code(value)),
    "a cell of escaped text": lambda value: markdown.cell(markdown.text(value)),
    "HTML": html.escape,
    "a fold": lambda value: markdown.details(value, "body"),
    "URL": quote,
    "URL whole": lambda value: quote(value, safe=""),
    "base64": lambda value: wrapped_in_base64(value, 0),
    "base64 one behind": lambda value: wrapped_in_base64(value, 1),
    "base64 two behind": lambda value: wrapped_in_base64(value, 2),
    "base64 alone": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 of URLs": lambda value: base64.urlsafe_b64encode(b"x" + value.encode()).decode(),
    "hex": lambda value: value.encode().hex(),
    "hex in capitals": lambda value: value.encode().hex().upper(),
}
# Lone surrogates and control characters are replaced before they are shown; Terraform's JSON has neither.
secrets_of_any_kind = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Cn")) | st.just("\n"),
    min_size=6,
    max_size=40,
).filter(lambda value: len("".join(value.split())) >= 6)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25)
@example("pass`w|ord\\<&>\"'@x")
@example("line one of it\nline two of it")
@given(secrets_of_any_kind)
def test_a_secret_in_any_form_is_found_and_not_repeated(form: str, value: str) -> None:
    text = f"before {FORMS[form](value)} after"
    assert leaks(text, [Secret("var.password", value)]) == ["var.password"]


def test_a_line_of_a_private_key_is_found_on_its_own() -> None:
    line = PRIVATE_KEY.splitlines()[1]
    assert leaks(f"+ {line}", [Secret("var.key", PRIVATE_KEY)]) == ["var.key"]


def test_a_short_value_counts_as_a_whole_word_only() -> None:
    secrets = [Secret("var.pin", "4711")]
    assert leaks("the pin is 4711.", secrets) == ["var.pin"]
    assert leaks("| `4711` |", secrets) == ["var.pin"]
    assert leaks('"4711"', secrets) == ["var.pin"]
    assert leaks("port 47110, 14711, 4711-a, a.4711", secrets) == []


@pytest.mark.parametrize("value", ["true", "false", "null", "", "1", "42", "True"])
def test_what_hides_nothing_is_not_searched(value: str) -> None:
    assert leaks(f"is {value} there", [Secret("var.v", value)]) == []


def test_the_masks_themselves_are_no_leak() -> None:
    assert leaks("(sensitive) and (sensitive, changed)", [Secret("var.v", "sensitive")]) == []


@given(secrets_of_any_kind)
def test_a_text_without_the_secret_is_clean(value: str) -> None:
    assert leaks("## Safe · prod · workflow: 3 to change", [Secret("var.v", value + "\u263a\u263b")]) == []


# --- A secret anywhere in a plan ---------------------------------------------------------------------

SIGNS = string.ascii_letters + string.digits + string.punctuation + " éß\n"
# The end keeps a secret from being a word that stands in every plan.
random_secrets = st.text(SIGNS, min_size=5, max_size=40).map(lambda value: f"{value.strip()}.Zq9")
disguised = st.sampled_from(
    [FORMS[form] for form in ("raw", "JSON", "JSON in JSON", "base64 one behind", "hex", "URL")]
)


def placed(value: Any) -> st.SearchStrategy[Any]:
    """Return structures that hold a value somewhere inside."""
    return st.recursive(
        st.just(value),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2),
            st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2),
            inner.map(lambda held: json.dumps({"Statement": [held]})),
            inner.map(lambda held: [held, "other", 7]),
        ),
        max_leaves=3,
    )


@settings(max_examples=60)
@given(random_secrets, disguised, st.data())
def test_a_secret_placed_anywhere_in_a_plan_is_masked(
    value: str, disguise: Callable[[str], str], data: st.DataObject
) -> None:
    attributes = {"x": data.draw(placed(disguise(value))), "name": "scones"}
    found = plan(
        change("aws_x.y", attributes, {**attributes, "name": "changed"}),
        output_changes={"o": {"actions": ["update"], "before": attributes, "after": attributes}},
        variables={"v": {"value": value}},
        configuration={"root_module": {"variables": {"v": {"sensitive": True}}}},
        checks=[attributes],
    )
    shown = json.dumps(without_secrets(found).raw) + everything(without_secrets(found))
    assert leaks(shown, secret_values(found)) == []


# --- What looks like a secret ------------------------------------------------------------------------


def function_with(**variables: str) -> Plan:
    return plan(change("aws_lambda_function.a", None, {"environment": [{"variables": variables}]}))


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("DB_PASSWORD", "hunter2", "what its name calls a secret"),
        ("dbPassword", "1234", "what its name calls a secret"),
        ("api-key", "abc", "what its name calls a secret"),
        ("ANYTHING", KEY_ID, "an access key of AWS"),
        ("ANYTHING", PRIVATE_KEY, "a private key"),
        ("ANYTHING", "ghp_" + "a1B2" * 9, "a token of GitHub"),
        ("ANYTHING", "xoxb-" + "1234567890-abcdef", "a token of Slack"),
        ("ANYTHING", "postgres://scones:hunter2@db/x", "a password in a URL"),
        ("ANYTHING", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzXAMPLE9Ky", "looks like a secret"),
        ("ANYTHING", "q7Zk2Lp9Xv4Rb8Tn1Wc6", "looks like a secret"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_found_and_masked(name: str, value: str, kind: str) -> None:
    found = function_with(**{name: value})
    (finding,) = suspicious(found)
    assert kind in finding.text
    assert name in finding.text
    assert value not in finding.text
    assert finding.risk == Risk.CARE
    shown = without_secrets(found).changes[0].after["environment"][0]["variables"][name]
    assert shown == "(looks like a secret)"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THRESHOLD", "0.93"),
        ("ENDPOINT_NAME", "scones-local-20261124102401927700000001"),
        ("CLASS_NAMES", '["bicycle","motorcycle"]'),
        ("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:scones-AbCdEf"),
        ("DB_SECRET", "arn:aws:secretsmanager:us-east-1:123456789012:secret:scones-AbCdEf"),
        ("PASSWORD", "${jsondecode(x)}"),
        ("PASSWORD", ""),
        ("MAX_TOKENS", "4096"),
        ("TOKEN_TTL", "300 seconds"),
        ("TOKEN_LIMIT", "4096"),
        ("TOKEN_LIMIT", "unlimited"),
        ("NEXT_TOKEN", "$.NextToken"),
        ("nextToken", "start-of-list"),
        ("PAD_TOKEN", "<pad>"),
        ("ACCESS_TOKEN", "86400"),
        ("API_KEY", "-1.5e3"),
        ("PASSWORD_POLICY", "strict"),
        ("PasswordPolicy", "strict"),
        ("PASSWORD_REQUIRED", "always"),
        ("SECRET_NAME", "scones/prod/database-password"),
        ("DB_PASSWORD_ARN", "arn:aws:ssm:us-east-1:123456789012:parameter/db"),
        ("USE_PASSWORD", "off"),
        ("DIGEST", "f9b0a978d1d29b008f3ef19df7f5e2c58bcfea02eb6294306c23e7ecb3e7dab8"),
        ("COMMIT", "e623e77f9b0a978d1d29b008f3ef19df7f5e2c58"),
        ("BUCKET", "scones-local-123456789012-us-east-1"),
        ("FUNCTION", "scones-prod-ImageClassification2Handler"),
        ("URL", "https://sqs.us-east-1.amazonaws.com/123456789012/Scones1LocalReview2"),
        ("ID", "07d640dd-9f43-40d0-b1ef-b4110ac75e7c"),
        ("TEXT", "A sentence with 20 Words And more THAN that"),
    ],
)  # fmt: skip
def test_what_looks_harmless_is_left_alone(name: str, value: str) -> None:
    found = function_with(**{name: value})
    assert suspicious(found) == []
    assert without_secrets(found) == found


@pytest.mark.parametrize("value", [4096, 12345678, 0.5, True, False, None])
def test_numbers_and_switches_are_no_secrets(value: Any) -> None:
    held = {"hyper_parameters": {"token": value}, "tags": {"Password": value}}
    inside = {"definition": json.dumps({"password": value, "Next": "A"})}
    found = plan(
        change("aws_x.y", None, held),
        change("aws_x.z", None, inside),
        variables={"api_token": {"value": value}},
    )

    assert suspicious(found) == []
    assert without_secrets(found) == found


def test_a_tag_that_tells_of_passwords_is_no_secret_and_one_that_holds_one_is() -> None:
    def tagged(**tags: str) -> Plan:
        return plan(change("aws_s3_bucket.b", None, {"bucket": "b", "tags": tags}))

    assert suspicious(tagged(PasswordPolicy="strict")) == []
    assert len(suspicious(tagged(Password="strict"))) == 1


def test_a_password_of_digits_is_a_secret() -> None:
    assert len(suspicious(function_with(DB_PASSWORD="83649201"))) == 1


def test_the_hash_of_a_package_is_no_secret() -> None:
    digest = base64.b64encode(bytes(range(7, 39))).decode()
    found = plan(change("aws_lambda_function.a", None, {"source_code_hash": digest, "code_sha256": digest}))
    assert suspicious(found) == []
    assert without_secrets(found) == found


@pytest.mark.parametrize(
    "attributes",
    [
        {"tags": {"Password": "hunter2"}, "tags_all": {"Password": "hunter2"}},
        {"hyper_parameters": {"api_key": "hunter2"}},
        {"primary_container": [{"environment": {"SECRET": "hunter2"}}]},
        {"definition": json.dumps({"States": {"A": {"Parameters": {"password": "hunter2"}}}})},
    ],
)
def test_every_place_where_people_put_secrets_is_looked_at(attributes: dict[str, Any]) -> None:
    found = plan(change("aws_x.y", None, attributes))
    (finding,) = suspicious(found)
    assert finding.address == "aws_x.y"
    assert "hunter2" not in everything(without_secrets(found))


def test_a_path_in_a_state_machine_is_no_literal() -> None:
    definition = json.dumps(
        {"States": {"A": {"Parameters": {"token.$": "$$.Task.Token", "password": "$.p"}}}}
    )
    assert suspicious(plan(change("aws_sfn_state_machine.a", None, {"definition": definition}))) == []


def test_a_variable_with_a_secrets_name_has_to_be_marked() -> None:
    value = {"variables": {"db_password": {"value": "hunter2-long"}}}
    clear = plan(**value)
    assert [finding.address for finding in suspicious(clear)] == ["var.db_password"]
    assert "hunter2-long" not in everything(without_secrets(clear))
    assert leaks("hunter2-long", secret_values(clear)) == ["var.db_password"]
    hidden = plan(**value, configuration={"root_module": {"variables": {"db_password": {"sensitive": True}}}})
    assert suspicious(hidden) == []


def test_a_masked_plan_gives_the_same_findings() -> None:
    side = {"environment": [{"variables": {"PASSWORD": "hunter2", "A": "1"}}]}
    other = {"environment": [{"variables": {"PASSWORD": "hunter3", "A": "1"}}]}
    found = plan(
        change("aws_lambda_function.new", None, side),
        change("aws_lambda_function.same", side, side | {"timeout": 3}),
        change("aws_lambda_function.other", side, other),
    )
    risks = [(finding.address.split(".")[1], finding.risk) for finding in suspicious(found)]
    assert risks == [("new", Risk.CARE), ("same", Risk.NOTE), ("other", Risk.CARE)]
    again = [(finding.address.split(".")[1], finding.risk) for finding in suspicious(without_secrets(found))]
    assert again == risks
