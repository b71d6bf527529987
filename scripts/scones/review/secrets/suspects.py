"""Values that nobody marked as sensitive, but that look like secrets.

Two signs: the name says so (a password, a token), or the value has the form of one (a key of AWS, a private
key, a long string without any order). A name is believed only where programs and people put secrets:
environments of functions and containers, hyperparameters, tags, state machines and variables.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from scones.review.findings import Finding, Risk
from scones.review.plan import UNKNOWN, Change, Plan
from scones.review.secrets.sensitive import (
    SUSPECT,
    SUSPECT_CHANGED,
    TOKENS,
    Secret,
    sensitive_variables,
)

# Forms that their makers document.
FORMS = {
    "an access key of AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b",
    "a token of Slack": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+",
    "a password in a URL": r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@$({]{3,}@",
}
ANY_FORM = re.compile("|".join(FORMS.values()))
PLACES = frozenset({"environment", "hyper_parameters", "hyperparameters", "tags", "tags_all", "definition"})
NAMED = re.compile(
    r"(?:^|_)(?:passwords?|passwd|pwd|passphrase|secrets?|token|api_?key|private_?key|access_?key|secret_?key"
    r"|auth_?key|credentials?)(?:_|$)"
)
# What names a secret, or says how to handle one, without being it.
ABOUT = re.compile(
    r"_(?:arn|name|id|url|uri|path|parameter|file|region|version|type|length|count|size|limit|budget|policy"
    r"|rotation|expiry|expiration|lifetime|ttl|milliseconds|ms|seconds|minutes|hours|days|enabled|required"
    r"|algorithm|issuer|audience|scope|provider|manager|store|header|field|prefix)$"
    # Tokens of texts, and of lists that come page by page.
    r"|(?:^|_)(?:next|page|continuation|max|min|start|end|stop|bos|eos|pad|unk|mask|sep|cls|special)_token$"
)
# All of whose signs may be digits; a token or a key of nothing else is a number that has to do with one.
MAY_BE_DIGITS = re.compile(r"(?:^|_)(?:passwords?|passwd|pwd|passphrase|secrets?)(?:_|$)")
REFERENCE = re.compile(r"^(?:\$|arn:|\{\{resolve:|s3://|/)")
NUMBER = re.compile(r"[+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?")
ORDERED = re.compile(r"[0-9a-fA-F]{32,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|arn:.*|\w+://.*")
LONG = 20  # characters
MIXED = 16  # characters of a piece that mixes both cases and digits
TURNS = 0.4  # share of neighbours of another kind: 0.6 by chance, 0.2 to 0.3 in joined words
BITS = 3.0  # Shannon entropy a character: repeated patterns have less
DISTINCT = 8  # characters from which on a value is looked for elsewhere, too


def suspicious(plan: Plan) -> list[Finding]:
    """Return a finding for every value in clear that looks like a secret: care where the plan puts it there.

    Works on a plan whose secrets have been masked, too: there it finds the masks. No finding holds a value.
    """
    found: dict[tuple[str, str], Finding] = {}
    for name, value in plan.variables.items():
        if name not in sensitive_variables(plan.raw):
            for path, _, kind in _suspects({name: value}, ""):
                text = f"variable `{path}` holds {kind} and is not marked as sensitive"
                found.setdefault(("var", path), Finding(Risk.CARE, text, f"var.{name}"))
    for change in plan.changes:
        before = {path: value for path, value, _ in _of_side(change, "before")}
        for path, value, kind in _of_side(change, "after"):
            is_new = before.get(path) != value
            risk = Risk.CARE if is_new and change.is_change else Risk.NOTE
            text = f"`{path.replace('tags_all.', 'tags.')}` holds {kind}, in clear"
            found.setdefault((change.address, text), Finding(risk, text, change.address))
    return list(found.values())


def suspects(plan: Plan) -> list[Secret]:
    """Return the suspicious values that are distinct enough to be looked for in a whole text."""
    places = [
        (f"{change.address}.{side}.{path}", value)
        for change in (*plan.changes, *plan.drift)
        for side in ("before", "after")
        for path, value, _ in _of_side(change, side)
    ]
    places += [(f"var.{path}", value) for path, value, _ in _suspects(plan.variables, "")]
    return [Secret(place, value, is_marked=False) for place, value in places if is_distinct(value)]


def is_distinct(value: str) -> bool:
    """Say whether a value is unlikely to stand anywhere by chance."""
    return (
        len(value) >= DISTINCT and len({_kind(sign) for sign in value}) > 1 and not value.startswith(TOKENS)
    )


def masked_suspects(value: Any, token: str = SUSPECT, is_place: bool = False) -> Any:
    """Return attributes in which the token stands for every suspicious value, distinct or not."""
    return _masked(value, "", is_place, token)


def kind_of(name: str, value: str, is_place: bool) -> str:
    """Say what a value looks like; empty when it looks harmless. `is_place` allows to believe the name."""
    kind = _form(value)
    if kind:
        return kind
    if not is_place or value in ("", UNKNOWN) or value.startswith(TOKENS) or REFERENCE.match(value):
        return ""
    if _is_named(name, value):
        return "what its name calls a secret"
    return "what looks like a secret" if _is_random(value) else ""


@lru_cache(maxsize=16384)  # a plan holds every value several times
def _form(value: str) -> str:
    """Say which documented form of a secret a value holds; empty when it holds none."""
    if SUSPECT in value or SUSPECT_CHANGED in value:
        return "what looks like a secret"
    if not ANY_FORM.search(value):
        return ""
    return next(f"what looks like {kind}" for kind, form in FORMS.items() if re.search(form, value))


def _of_side(change: Change, side: str) -> Iterator[tuple[str, str, str]]:
    yield from _suspects(change.after if side == "after" else change.before, "", is_place=False)


def _suspects(value: Any, path: str, is_place: bool = True) -> Iterator[tuple[str, str, str]]:
    """Yield path, text and kind of every suspicious leaf."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            inner = f"{path}.{name}" if path else str(name)
            yield from _suspects(entry, inner, is_place or name in PLACES)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _suspects(entry, f"{path}.{index}", is_place)
    else:
        for inner, text in _texts(value, path):
            kind = kind_of(inner, text, is_place)
            if kind:
                yield inner, text, kind


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the text of a leaf, or the texts in the JSON that it holds. Numbers are never secrets."""
    document = _document(value)
    if isinstance(document, Mapping):
        for name, entry in document.items():
            yield from _texts(entry, f"{path}.{name}")
    elif isinstance(document, list):
        for place, entry in enumerate(document):
            yield from _texts(entry, f"{path}.{place}")
    elif isinstance(value, str) and value not in ("", UNKNOWN):
        yield path, value


def _masked(value: Any, path: str, is_place: bool, token: str) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _masked(entry, f"{path}.{name}", is_place or name in PLACES, token)
            for name, entry in value.items()
        }
    if isinstance(value, list):
        return [_masked(entry, f"{path}.{index}", is_place, token) for index, entry in enumerate(value)]
    document = _document(value)
    if document is not None:
        inside = _masked(document, path, is_place, token)
        return value if inside == document else json.dumps(inside, indent=2)
    return token if isinstance(value, str) and kind_of(path, value, is_place) else value


def _document(value: Any) -> Any:
    """Return an object or a list, also one that a string holds as JSON."""
    if isinstance(value, dict | list):
        return value
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def _is_named(path: str, value: str) -> bool:
    """Believe the innermost name that is no number, unless the value is a switch or a number."""
    names = [name for name in path.split(".") if not name.isdigit()]
    name = _snake(names[-1]) if names else ""
    if path.endswith("$") or not NAMED.search(name) or ABOUT.search(name):
        return False
    if NUMBER.fullmatch(value):
        return len(value) >= 4 and value.isdigit() and bool(MAY_BE_DIGITS.search(name))
    return value.lower() not in ("true", "false", "none", "null", "yes", "no", "on", "off")


def _snake(name: str) -> str:
    """Return dbPassword, DB-PASSWORD and db_password as the same name."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower())


def _is_random(value: str) -> bool:
    """Say whether a value is one long word without order. Digests, names, paths and URIs have some."""
    if len(value) < LONG or re.search(r"\s", value) or ORDERED.fullmatch(value):
        return False
    if re.fullmatch(r"[A-Za-z0-9+/]{40}", value):  # as long as a secret access key of AWS
        return _is_mixed(value)
    return any(_is_mixed(piece) for piece in re.split(r"[-_./:,;|@]", value))


def _is_mixed(piece: str) -> bool:
    """Say whether cases and digits alternate as they do by chance; in joined words they rarely do."""
    kinds = [_kind(sign) for sign in piece]
    if len(piece) < MIXED or not {"lower", "upper", "digit"} <= set(kinds):
        return False
    turns = sum(one != next_one for one, next_one in pairwise(kinds))
    return turns / (len(piece) - 1) >= TURNS and _entropy(piece) >= BITS


def _kind(sign: str) -> str:
    if sign.isdigit():
        return "digit"
    return "upper" if sign.isupper() else "lower" if sign.islower() else "other"


def _entropy(value: str) -> float:
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
