"""The forms in which a secret may stand in a text, and the search for all of them.

A secret may have flowed into a policy's JSON, a URL or a base64 block before it reached the review, and the
review escapes for Markdown and HTML what it shows.
"""

import base64
import html
import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

from scones.review.text import markdown

SHORT = 6  # characters: below that a value is looked for as a whole word only
SHORTEST = 3  # characters: below that it stands everywhere by chance, and hides nothing
LONG_LINE = 16  # characters: a line of that length is a secret on its own, such as a line of a private key
NOT_SECRET = frozenset({"true", "false", "null", "none"})
# What continues a word: a short value beside these signs is a part of something else.
BEFORE, AFTER = r"(?<![\w.+/=-])", r"(?![\w+/=-]|\.\w)"


@lru_cache(maxsize=4096)
def forms(value: str) -> tuple[str, ...]:
    """Return every form of a secret to look for, the longest first; none for what hides nothing."""
    if len(value) < SHORTEST or value.lower() in NOT_SECRET:
        return ()
    found = {*_escaped(value), *_encoded(value)}
    found |= {line.strip() for line in value.splitlines() if len(line.strip()) >= LONG_LINE}
    least = min(SHORT, len(value))
    return tuple(sorted((form for form in found if len(form) >= least), key=lambda form: (-len(form), form)))


class Searched:
    """A text in which many secrets are looked for."""

    def __init__(self, text: str) -> None:
        self._texts = (text, _bare(text))

    def holds(self, value: str) -> bool:
        """Say whether the text holds a secret in any form."""
        if len(value) < SHORT:
            return any(re.search(_pattern(form), self._texts[0]) for form in forms(value))
        bare = _bare(value)
        if len(bare) >= SHORT and forms(value) and bare in self._texts[1]:
            return True
        if any(form in text for form in forms(value) for text in self._texts):
            return True
        return bool(forms(value) and re.search(_at_any_depth(value), self._texts[0]))


def pattern(values: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds any form of any of the secrets; nothing when there is none to find."""
    patterns = {
        _pattern(form) if len(value) < SHORT else re.escape(form) for value in values for form in forms(value)
    }
    if not patterns:
        return None
    patterns |= {_at_any_depth(value) for value in values if len(value) >= SHORT}
    return re.compile("|".join(sorted(patterns, key=lambda one: (-len(one), one))))


def _pattern(form: str) -> str:
    return f"{BEFORE}{re.escape(form)}{AFTER}"


def _at_any_depth(value: str) -> str:
    """Return what finds a value in JSON in JSON in JSON: every depth doubles the backslashes."""
    return "".join(_sign_at_any_depth(sign) for sign in value)


def _sign_at_any_depth(sign: str) -> str:
    names = {"\n": "n", "\t": "t", "\r": "r"}
    if sign == "\\":
        return r"\\+"
    if sign in names:
        return rf"(?:{re.escape(sign)}|\\+{names[sign]})"
    if sign == '"':
        return r'\\*"'
    if sign.isascii() and sign not in "<>&":
        return re.escape(sign)
    units = json.dumps(sign) if not sign.isascii() else f"\\u{ord(sign):04x}"
    coded = re.sub(r"\\u([0-9a-f]{4})", r"\\\\+u(?i:\1)", units.strip('"'))
    return f"(?:{re.escape(sign)}|{coded})"


def _escaped(value: str) -> Iterator[str]:
    yield value
    yield " ".join(value.split())
    yield value.replace("\n", "\r\n")
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield json.dumps(once)[1:-1]  # JSON in JSON: a policy in a plan
        yield _like_terraform(once)
        yield json.dumps(_like_terraform(once))[1:-1]
    yield markdown.text(value)
    yield markdown.code(value)
    yield markdown.cell(markdown.text(value))
    yield markdown.html(value)
    yield html.escape(value)
    yield html.escape(value, quote=False)


def _like_terraform(escaped: str) -> str:
    """Terraform's jsonencode escapes three signs more."""
    return escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _encoded(value: str) -> Iterator[str]:
    content = value.encode("utf-8", "surrogatepass")
    for quoted in (quote(content, safe=""), quote(content), quote_plus(content)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)
    yield content.hex()
    yield content.hex().upper()
    if len(value) < SHORT:
        yield base64.b64encode(content).decode()
        return
    for offset in range(3):
        yield _base64_core(content, offset)
        yield _base64_core(content, offset).translate(str.maketrans("+/", "-_"))


def _base64_core(content: bytes, offset: int) -> str:
    """Return what base64 makes of the content wherever it begins `offset` bytes behind a group of three.

    The signs that depend on its neighbours too are left away.
    """
    encoded = base64.b64encode(bytes(offset) + content).decode()
    begin = (0, 2, 3)[offset]
    end = len(encoded.rstrip("="))
    if encoded.endswith("="):
        end -= 1
    return encoded[begin:end]


def _bare(text: str) -> str:
    """Return a text without what escaping, wrapping and folding put into it."""
    return re.sub(r"[\\\s\u200b]+", "", html.unescape(text))
