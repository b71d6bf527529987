"""Checks of what Terraform would ask of AWS: its resources, its policies, the state machine."""

import json
import sys
from typing import Any

from checks import own_tools
from checks.check import Found, Place
from checks.own_tools import HERE
from checks.programs import Command, accepts, answer
from checks.terraform import Document, rendered
from scones.errors import SconesError

STATE_MACHINE = "aws_sfn_state_machine"

# What matters most gets these. Whatever fails there is mended, or skipped on its line with a reason.
STRICTEST = ("prod.tfvars", "foundation/prod.tfvars", "workflow/prod.tfvars")

NO_REASON = "No comment provided"  # checkov's words for a skip that gives none

# What parliament says and is not so: of which type of resource, which issue, about what, and why not.
ISSUER = "token.actions.githubusercontent.com"
EXPECTED = (
    ("aws_iam_role", "RESOURCE_STAR", "", "who may assume a role is said without a resource: it is the role"),
    ("aws_iam_role", "UNKNOWN_FEDERATION_SOURCE", ISSUER, "it knows only Amazon, Facebook and Google"),
    ("aws_iam_role", "UNKNOWN_CONDITION_FOR_ACTION", f"{ISSUER}:", "the same: these are claims of GitHub's"),
    (
        "aws_iam_policy",
        "UNKNOWN_CONDITION_FOR_ACTION",
        "iam:PermissionsBoundary for action iam:UpdateAssumeRolePolicy",
        "AWS's list of actions has it by now; where it does not hold, the action is refused",
    ),
    ("aws_kms_key", "RESOURCE_STAR", "", "in a key's own policy, * is that key"),
    ("aws_kms_key", "UNKNOWN_CONDITION_FOR_ACTION", "kms:EncryptionContext:", "as AWS documents it for logs"),
    ("aws_kms_key", "MISMATCHED_TYPE", "ArnLike", "an encryption context may be an ARN, as AWS documents it"),
)


def statelint(place: Place) -> None:
    """The state machine as it is deployed: states that nothing leads to, transitions to nowhere, paths."""
    definitions = {document.text for document in rendered(place) if document.kind == STATE_MACHINE}
    if not definitions:
        raise SconesError("no environment's plan has a state machine")
    for definition in sorted(definitions):
        lint_definition(place, definition)


def lint_definition(place: Place, definition: str) -> None:
    """Have statelint look at one definition; Found with what it says."""
    file = place.work / "definition.asl.json"
    file.write_text(definition)
    accepts([sys.executable, "-m", "statelint", file], place.work)


def parliament(place: Place) -> None:
    """Every policy: actions that do not exist, resources and conditions that do not go with them."""
    said = policy_findings(place, [document for document in rendered(place) if document.is_policy])
    if said:
        raise Found("\n".join(said))


def policy_findings(place: Place, policies: list[Document]) -> list[str]:
    """Return one line for each thing that parliament finds in the policies and that is not expected."""
    python = own_tools.policy_tools(place)
    asked = json.dumps([document.text for document in policies])
    answers = json.loads(accepts([python, HERE / "ask_parliament.py"], place.work, text=asked))
    return [
        f"{policy.address} {policy.attribute}: {issue}: {what}"
        for policy, found in zip(policies, answers, strict=True)
        for issue, what in found
        if not _is_expected(policy, issue, what)
    ]


def _is_expected(policy: Document, issue: str, what: str) -> bool:
    return any([policy.kind, issue] == known and words in what for *known, words, _ in EXPECTED)


def checkov(place: Place) -> None:
    """Every resource as prod gets it, against rules for safe settings."""
    python = own_tools.policy_tools(place)
    environments = place.terraform / "environments"
    options = ["--framework", "terraform", "--skip-download", "--compact", "-o", "json"]
    files: Command = [part for name in STRICTEST for part in ("--var-file", environments / name)]
    command: Command = [python, "-m", "checkov.main", "-d", place.terraform, *options, *files]
    done = answer(command, place.repository)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SconesError(f"checkov broke: {done.stderr.strip() or done.stdout.strip()}") from None
    said = checkov_findings(report)
    if said:
        raise Found("\n".join(said))


def checkov_findings(report: dict[str, Any]) -> list[str]:
    """Return what is wrong: failed rules, files that were not read, and skips that give no reason."""
    if not report.get("results"):
        raise SconesError("checkov found no resources to check")
    results = report["results"]
    unread = [f"{file}: checkov cannot read it" for file in results["parsing_errors"]]
    failed = [f"{_where(found)}: {found['check_name']}" for found in results["failed_checks"]]
    unexplained = [
        f"{_where(found)}: skipped without a reason: write #checkov:skip={found['check_id']}:<reason>"
        for found in results["skipped_checks"]
        if found["check_result"]["suppress_comment"] in ("", NO_REASON)
    ]
    return [*unread, *failed, *unexplained]


def _where(found: dict[str, Any]) -> str:
    line = f"terraform{found['file_path']}:{found['file_line_range'][0]}"
    return f"{line}: {found['resource']}: {found['check_id']}"
