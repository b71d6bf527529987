"""Ask parliament about policies: a JSON list of them comes in, a list of [issue, what] goes out for each.

It runs in the environment that has parliament, where nothing of the project is importable.
"""

import json
import sys

from parliament import analyze_policy_string, enhance_finding


def with_resources(policy: str) -> str:
    """Return the policy with * where a statement has no resource, as in a role's trust policy."""
    document = json.loads(policy)
    for statement in document["Statement"]:
        if "NotResource" not in statement:
            statement.setdefault("Resource", "*")
    return json.dumps(document)


def ask(policy: str) -> list[list[str]]:
    policy = with_resources(policy)
    found = [enhance_finding(finding) for finding in analyze_policy_string(policy).findings]
    return [[finding.issue, f"{finding.title}: {json.dumps(finding.detail)}"] for finding in found]


print(json.dumps([ask(policy) for policy in json.load(sys.stdin)]))
