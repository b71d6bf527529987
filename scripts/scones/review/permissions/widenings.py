"""What a plan lets anybody do that nobody could do before, and that a reviewer has to know of first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields

from scones.review.permissions.access_levels import is_every, is_everything, is_wild, levels, narrowest
from scones.review.permissions.holders import Document, Holder, holders, own_account
from scones.review.permissions.policies import (
    ALL_BUT,
    Condition,
    Grant,
    account,
    condition_text,
    covers,
    is_as_strict,
    is_covered,
    is_same_but_condition,
    is_tls_only,
    matches,
    statements,
)
from scones.review.plan import UNKNOWN, Plan

SHOWN = 6  # names in a sentence; the section below has them all
ROLE_IS_PASSED = "iam:passrole"
PASSED_TO = "iam:passedtoservice"
# AWS's own policies that allow nearly everything, or everything of a service.
WIDE_MANAGED = ("*:policy/AdministratorAccess", "*:policy/PowerUserAccess", "*:policy/*FullAccess")


@dataclass(frozen=True)
class Widening:
    """One sentence, names in backquotes, and the resource that says so in the plan."""

    text: str
    address: str


@dataclass(frozen=True)
class Widenings:
    """Everything that a plan opens, by kind.

    `actions` are `*`, a whole service and all but some; `partial_actions` have a wildcard within a service.
    `resources` are those that are everything where AWS knows narrower ones. `conditions` are lost or
    loosened, `denies` are refusals that go, `tls` those that go of requests without TLS. `managed` are
    policies of AWS that are attached and allow nearly everything. `boundaries` go or change. `unknown` are
    policies of what exists now, of which the plan does not tell what they will say.
    """

    actions: tuple[Widening, ...] = ()
    partial_actions: tuple[Widening, ...] = ()
    resources: tuple[Widening, ...] = ()
    pass_role: tuple[Widening, ...] = ()
    trust: tuple[Widening, ...] = ()
    conditions: tuple[Widening, ...] = ()
    denies: tuple[Widening, ...] = ()
    tls: tuple[Widening, ...] = ()
    managed: tuple[Widening, ...] = ()
    boundaries: tuple[Widening, ...] = ()
    unknown: tuple[Widening, ...] = ()

    @property
    def all(self) -> list[Widening]:
        """Every one of them, the kinds in their order."""
        return [one for kind in fields(self) for one in getattr(self, kind.name)]


def widenings(plan: Plan) -> Widenings:
    """Return what a plan opens, for the gates and for the head of the review."""
    own = own_account(plan)
    found: dict[str, list[Widening]] = {}
    everybody = [holder for holder in holders(plan) if not holder.is_gone]
    for holder in everybody:
        for kind, one in (*_of_holder(holder, own), *_of_attached(holder, everybody)):
            found.setdefault(kind, []).append(one)
    return Widenings(**{kind: tuple(dict.fromkeys(ones)) for kind, ones in found.items()})


def all_grants(documents: Iterable[Document]) -> frozenset[Grant]:
    """Return the grants of several documents that count together."""
    return frozenset(grant for document in documents for grant in document.grants)


def names(words: Sequence[str], shown: int = SHOWN) -> str:
    """Return names for a sentence, each as code, and how many more there are."""
    listed = ", ".join(f"`{word}`" for word in words[:shown])
    return listed + (f" and {len(words) - shown} more" if len(words) > shown else "")


Found = tuple[str, Widening]


def _of_holder(holder: Holder, own: str | None) -> Iterable[Found]:
    before, after = holder.before, holder.after
    yield from _of_documents(holder, before.trust, after.trust, _of_trust(own))
    rules = _of_permissions if holder.is_identity else _of_own_policy(own)
    yield from _of_documents(holder, before.policies, after.policies, rules)
    for arn in sorted(after.managed - before.managed):
        if is_wide_managed(arn):
            yield "managed", Widening(f"{holder.title} gets AWS's policy `{arn}`", holder.address)
    if before.boundary and before.boundary != after.boundary:
        what = f"is no longer bounded by `{before.boundary}`" + (
            after.boundary and f" but by `{after.boundary}`"
        )
        yield "boundaries", Widening(f"{holder.title} {what}", holder.address)


def is_wide_managed(arn: str) -> bool:
    """Say whether a policy of AWS's own allows nearly everything."""
    return any(matches(pattern, arn) for pattern in WIDE_MANAGED)


Rules = Callable[[Holder, frozenset[Grant], frozenset[Grant]], Iterable[tuple[str, str, Grant]]]


def _of_documents(
    holder: Holder, before: Sequence[Document], after: Sequence[Document], rules: Rules
) -> Iterable[Found]:
    """Compare documents that count together. `rules` gets the grants that are new, and all earlier ones."""
    old, new = all_grants(before), all_grants(after)
    opened = frozenset(grant for grant in new - old if grant.effect == "Allow" and not is_covered(grant, old))
    loosened = frozenset(grant for grant in opened if is_same_but_condition(grant, old))
    found = (*rules(holder, opened - loosened, old), *_lost_conditions(holder, loosened, old))
    for kind, text, example in found:
        yield kind, Widening(text, _address(after, example, holder))
    unknown = [document for document in after if document.trouble and not document.is_kept]
    if not holder.is_new:
        yield from _unknown(holder, unknown)
    if not unknown:
        for kind, text, example in _lost_denies(holder, old, new):
            yield kind, Widening(text, _address(before, example, holder))


def _unknown(holder: Holder, documents: Iterable[Document]) -> Iterable[Found]:
    for document in documents:
        text = f"{holder.title}: what its policy `{document.name}` will say is {document.trouble}"
        yield "unknown", Widening(text, document.address)


def _of_attached(holder: Holder, everybody: Sequence[Holder]) -> Iterable[Found]:
    """Yield policies that somebody gets who is there already, and whose statements nobody can read here."""
    if holder.kind == "managed policy" and holder.is_new:
        gained = (one.after.managed - one.before.managed for one in everybody if not one.is_new)
        if any(UNKNOWN in arns for arns in gained):
            yield from _unknown(holder, [document for document in holder.after.policies if document.trouble])
    if not holder.is_new:
        for arn in sorted(holder.after.managed - holder.before.managed):
            if not is_aws_own(arn) and not _is_shown(arn, everybody):
                text = f"{holder.title} gets the policy `{arn}`, whose statements are not in this plan"
                yield "unknown", Widening(text, holder.address)


def is_aws_own(arn: str) -> bool:
    """Say whether a policy is one that AWS has written, and that anybody can look up."""
    return matches("arn:*:iam::aws:policy/*", arn)


def _is_shown(arn: str, everybody: Iterable[Holder]) -> bool:
    policies = [holder for holder in everybody if holder.kind == "managed policy"]
    return bool(policies) if arn == UNKNOWN else any(arn.endswith(f"/{one.name}") for one in policies)


def _of_permissions(
    holder: Holder, opened: frozenset[Grant], _old: frozenset[Grant]
) -> Iterable[tuple[str, str, Grant]]:
    yield from _wild_actions(holder, opened)
    yield from _wild_resources(holder, opened)
    yield from _pass_role(holder, opened)


def _of_own_policy(own: str | None) -> Rules:
    def rules(
        holder: Holder, opened: frozenset[Grant], old: frozenset[Grant]
    ) -> Iterable[tuple[str, str, Grant]]:
        # A key's policy hands everything to its account, whose own policies then decide: nothing is opened.
        others = frozenset(grant for grant in opened if not is_root_of(grant.principal, own))
        yield from _wild_actions(holder, others)
        yield from _new_principals(holder, others, old, own, "opens to")

    return rules


def _of_trust(own: str | None) -> Rules:
    def rules(
        holder: Holder, opened: frozenset[Grant], old: frozenset[Grant]
    ) -> Iterable[tuple[str, str, Grant]]:
        yield from _new_principals(holder, opened, old, own, "may be assumed by")

    return rules


def _wild_actions(holder: Holder, opened: frozenset[Grant]) -> Iterable[tuple[str, str, Grant]]:
    for kind, belongs in (("actions", is_everything), ("partial_actions", _is_partly_wild)):
        chosen = [grant for grant in opened if belongs(grant.action)]
        for statement in statements(chosen):
            reach = f"({', '.join(levels(statement.actions))}) on {_resources(statement.resources)}"
            who = _who(holder, statement.principals)
            text = f"{who} may do {names(statement.actions)} {reach}{_when(statement.condition)}"
            yield kind, text, _example(chosen, statement.actions)


def _wild_resources(holder: Holder, opened: frozenset[Grant]) -> Iterable[tuple[str, str, Grant]]:
    chosen = [grant for grant in opened if is_every(grant.resource) and narrowest([grant.action])]
    for statement in statements(chosen):
        where = f"{_resources(statement.resources)}, although AWS knows narrower resources"
        level = ", ".join(levels(statement.actions))
        text = f"{holder.title} may do {names(statement.actions)} ({level}) on {where}"
        yield "resources", text + _when(statement.condition), _example(chosen, statement.actions)


def _pass_role(holder: Holder, opened: frozenset[Grant]) -> Iterable[tuple[str, str, Grant]]:
    chosen = [grant for grant in opened if _includes_pass_role(grant.action)]
    for statement in statements(chosen):
        services = [
            value for _, key, values in statement.condition if key.lower() == PASSED_TO for value in values
        ]
        to = names(services) if services else "any service"
        text = f"{holder.title} may pass {_resources(statement.resources, 'role')} to {to} (`iam:PassRole`)"
        yield "pass_role", text, _example(chosen, statement.actions)


def _new_principals(
    holder: Holder, opened: frozenset[Grant], old: frozenset[Grant], own: str | None, verb: str
) -> Iterable[tuple[str, str, Grant]]:
    known = {grant.principal for grant in old if grant.effect == "Allow"}
    chosen = [
        grant
        for grant in opened
        if grant.principal not in known and (not holder.is_new or _is_foreign(grant, own))
    ]
    for statement in statements(chosen):
        for principal in statement.principals:
            what = "" if verb.startswith("may be") else f", for {names(statement.actions)}"
            text = f"{holder.title} {verb} {_principal(principal, own)}{what}{_when(statement.condition)}"
            example = next(grant for grant in chosen if grant.principal == principal)
            yield "trust", text, example


def _lost_conditions(
    holder: Holder, opened: frozenset[Grant], old: frozenset[Grant]
) -> Iterable[tuple[str, str, Grant]]:
    for statement in statements(opened):
        example = _example(opened, statement.actions, statement.resources, statement.condition)
        earlier = [grant.condition for grant in old if is_same_but_condition(grant, [example])]
        closest = max(earlier, key=lambda condition: len(set(condition) & set(statement.condition)))
        lost = tuple(entry for entry in closest if not is_as_strict(statement.condition, (entry,)))
        keys = {key for _, key, _ in statement.condition}
        how = "loosens" if any(key in keys for _, key, _ in lost) else "loses"
        what = f"{_who(holder, statement.principals)}: {names(statement.actions)}{_on(statement.resources)}"
        text = f"{what} {how} the condition `{condition_text(lost)}`"
        yield "conditions", text + _when(statement.condition, ", and is now allowed when "), example


def _lost_denies(
    holder: Holder, old: frozenset[Grant], new: frozenset[Grant]
) -> Iterable[tuple[str, str, Grant]]:
    gone = [grant for grant in old - new if grant.effect == "Deny" and not is_covered(grant, new)]
    for statement in statements(gone):
        example = _example(gone, statement.actions, statement.resources, statement.condition)
        if is_tls_only(example):
            where = _resources(statement.resources)
            text = (
                f"{holder.title} takes {names(statement.actions)} without TLS: nothing refuses it on {where}"
            )
            yield "tls", text, example
        else:
            is_rest = any(grant.effect == "Deny" and covers(example, grant) for grant in new)
            how = "is refused only a part of" if is_rest else "is no longer refused"
            what = f"{names(statement.actions)}{_on(statement.resources)}{_when(statement.condition)}"
            yield "denies", f"{_who(holder, statement.principals)} {how} {what}", example


def _is_foreign(grant: Grant, own: str | None) -> bool:
    """Say whether a principal is worth a word even where it is part of something new."""
    if "*" in grant.principal or grant.principal.startswith(ALL_BUT):
        return True
    if grant.principal.startswith("Federated "):
        return not grant.condition
    number = account(grant.principal)
    return number is not None and number != own


def is_root_of(principal: str, own: str | None) -> bool:
    """Say whether a principal is the plan's own account, whose policies then say who may do what."""
    return own is not None and account(principal) == own and principal.endswith(":root")


def _principal(principal: str, own: str | None) -> str:
    if principal == "*":
        return "everybody (`*`)"
    number = account(principal)
    return f"`{principal}`" + (" of another account" if number and number != own else "")


def _is_partly_wild(action: str) -> bool:
    return is_wild(action) and not is_everything(action)


def _includes_pass_role(action: str) -> bool:
    if action.startswith(ALL_BUT):
        excluded = action[len(ALL_BUT) :].split(", ")
        return not any(matches(name, ROLE_IS_PASSED) for name in excluded)
    return matches(action, ROLE_IS_PASSED)


def _who(holder: Holder, principals: Sequence[str]) -> str:
    stated = [principal for principal in principals if principal]
    return f"{holder.title}: {names(stated)}" if stated else holder.title


def _resources(resources: Sequence[str], noun: str = "resource") -> str:
    stated = [resource for resource in resources if resource]
    if stated == ["*"]:
        return f"every {noun} (`*`)"
    return names(stated, 3) if stated else "it"


def _on(resources: Sequence[str]) -> str:
    return f" on {_resources(resources)}" if any(resources) else ""


def _when(condition: Condition, before: str = " when ") -> str:
    return f"{before}`{condition_text(condition)}`" if condition else ""


def _example(
    chosen: Iterable[Grant],
    actions: Sequence[str],
    resources: Sequence[str] | None = None,
    condition: Condition | None = None,
) -> Grant:
    """Return one of the grants that a statement was made of."""
    small = {action.lower() for action in actions}
    return next(
        grant
        for grant in sorted(chosen)
        if grant.action.lower() in small
        and (resources is None or grant.resource in resources)
        and (condition is None or grant.condition == condition)
    )


def _address(documents: Iterable[Document], grant: Grant, holder: Holder) -> str:
    holding = (document.address for document in documents if grant in document.grants)
    return next(holding, holder.address)
