"""What opens a bucket or a network to others, apart from policies and the block on public access."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from scones.review.guards.destroying import Tripped, gone
from scones.review.kinds import BUCKET, OWNERSHIP
from scones.review.nouns import title
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.values import at, listed

OWNER_ONLY = "BucketOwnerEnforced"
GROUPS = ("aws_security_group", "aws_default_security_group")
RULES = {
    "aws_security_group_rule": "",
    "aws_vpc_security_group_ingress_rule": "ingress",
    "aws_vpc_security_group_egress_rule": "egress",
}
DIRECTIONS = {"ingress": "lets in", "egress": "lets out to"}
NARROWEST = {4: 8, 6: 16}  # bits of a prefix: a shorter one is nobody's own network

Rule = tuple[str, str, str]  # direction, addresses, ports


def ownership(plan: Plan) -> Iterator[Tripped]:
    """Yield buckets in which others may own objects, and give them away by an ACL."""
    destroyed = gone(plan, BUCKET, "bucket")
    path = "rule.0.object_ownership"
    for change in plan.of_type(OWNERSHIP):
        before, after = at(change.before, path), at(change.after, path)
        bucket = str(change.before.get("bucket") or change.after.get("bucket"))
        if change.action == "delete" and not change.is_leftover:
            is_open = before == OWNER_ONLY and bucket not in destroyed
        else:
            is_open = bool(change.after) and before != after and after not in (OWNER_ONLY, UNKNOWN)
        if is_open:
            yield (
                f"bucket {bucket} heeds ACLs, by which others can be given its objects: not {OWNER_ONLY}",
                change.address,
            )


def networks(plan: Plan) -> Iterator[Tripped]:
    """Yield security groups that let in or out whoever there is."""
    for change in plan.of_type(*GROUPS, *RULES):
        known = set(_rules(change, change.before))
        for direction, addresses, ports in dict.fromkeys(_rules(change, change.after)):
            if (direction, addresses, ports) not in known and _is_wide(addresses):
                text = f"{title(change)} {DIRECTIONS[direction]} everybody ({addresses}) on {ports}"
                yield text, change.address


def _rules(change: Change, side: Mapping[str, Any]) -> Iterator[Rule]:
    if change.type in GROUPS:
        for direction in DIRECTIONS:
            for rule in listed(side.get(direction)):
                yield from _of_rule(direction, rule)
    else:
        direction = RULES[change.type] or str(side.get("type"))
        if direction in DIRECTIONS:
            yield from _of_rule(direction, side)


def _of_rule(direction: str, rule: Any) -> Iterator[Rule]:
    if not isinstance(rule, Mapping):
        return
    many = [*listed(rule.get("cidr_blocks")), *listed(rule.get("ipv6_cidr_blocks"))]
    for addresses in (*many, rule.get("cidr_ipv4"), rule.get("cidr_ipv6")):
        if isinstance(addresses, str):
            yield direction, addresses, _ports(rule)


def _ports(rule: Mapping[str, Any]) -> str:
    first, last = rule.get("from_port"), rule.get("to_port")
    if "-1" in (str(rule.get("protocol")), str(rule.get("ip_protocol"))) or first is None or first == -1:
        return "every port"
    return f"port {first}" if first == last else f"ports {first} to {last}"


def _is_wide(addresses: str) -> bool:
    try:
        network = ip_network(addresses, strict=False)
    except ValueError:
        return False
    return network.prefixlen < NARROWEST[network.version]
