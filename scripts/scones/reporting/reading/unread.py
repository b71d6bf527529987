"""What could not be read, and why: the rest of a report does not fail with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import ClientError

from scones.errors import SconesError

T = TypeVar("T")


@dataclass(frozen=True)
class Unread:
    """In place of what a section is about: why there is nothing."""

    reason: str


def attempt(read: Callable[[], T]) -> T | Unread:
    """Return what `read` returns, or why AWS refused it, or why what came is not what was expected."""
    try:
        return read()
    except ClientError as error:
        found = error.response.get("Error", {})
        operation = getattr(error, "operation_name", "a call")
        message = str(found.get("Message") or "").split("\n", maxsplit=1)[0]
        return Unread(f"AWS refused {operation}: {found.get('Code', 'unknown error')}. {message}"[:300])
    except SconesError as error:
        return Unread(str(error)[:300])
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        return Unread(f"what came is not what was expected ({type(error).__name__}: {error})"[:300])
