"""The errors that a command turns into one clear line.

SconesError            something failed; the message says what to do           exit 1
├── UsageError         the command was called wrongly                          exit 2
└── NotDeployed        a step that comes earlier in the flow has not been run  exit 1
"""

import sys
from collections.abc import Callable
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class SconesError(Exception):
    """A failure that the user can act on. The message is one line: what is wrong, and what to do."""

    exit_code = 1


class UsageError(SconesError):
    """The command's words do not fit together."""

    exit_code = 2


class NotDeployed(SconesError):
    """An earlier step of the flow has left nothing behind yet."""


def main(command: Callable[[], None]) -> NoReturn:
    """Run a command's main function, and end the process with the exit code that it earned.

    AWS's own refusals are a user's matter too (wrong credentials, a missing permission), so they are
    printed as one line as well; anything else is a defect of ours and keeps its traceback.
    """
    try:
        command()
    except SconesError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except NoCredentialsError:
        _say("there are no AWS credentials: run 'aws configure sso', or set AWS_PROFILE")
        sys.exit(1)
    except (ClientError, BotoCoreError) as error:
        _say(f"AWS refused: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("interrupted; run the command again to go on")
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _say(message: str) -> None:
    print(f"error: {message}", file=sys.stderr, flush=True)
