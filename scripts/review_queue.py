"""Look at the pictures that the model was not sure about, and label them.

    python scripts/review_queue.py --env local
    python scripts/review_queue.py --env dev --web --port 8080
    python scripts/review_queue.py --env local --list --json

Without an option it shows one picture after the other in the terminal and takes one key for each: a class's,
n = neither, s = skip, q = quit. Labels go to labels/ in the data bucket, and the next `make stage` takes them
in. Several people may label at once. --list decides nothing, but SQS counts it as a look at each picture.

On AWS this acts with your own credentials, which need
    on the review queue and its dead-letter queue: sqs:GetQueueUrl, sqs:GetQueueAttributes,
        sqs:ReceiveMessage, sqs:ChangeMessageVisibility, sqs:DeleteMessage (--list: all but the last)
    on the data bucket: s3:GetObject on the pictures' folders and labels/*, s3:PutObject on labels/*,
        s3:ListBucket (else a picture that is gone looks forbidden, and cannot be dropped)
    on the project's key: kms:Decrypt and kms:GenerateDataKey, through SQS and S3 (kms:ViaService)
and what reading the environment's outputs needs: see docs/labelling.md.
"""

import argparse
import getpass
import json
import signal
import sys
from typing import NoReturn

from rich.console import Console

from scones import settings
from scones.errors import SconesError, UsageError, main
from scones.labelling.claims import ReviewQueue
from scones.labelling.labels import LabelStore
from scones.labelling.listing import as_json, list_waiting
from scones.labelling.session import Session
from scones.labelling.terminal import keyboard, label_pictures, show_listing
from scones.labelling.web import ABSENT_SECONDS, LabellingServer


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    settings.add_environment_argument(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--list", action="store_true", help="only list what waits")
    how.add_argument("--web", action="store_true", help="serve a page for a browser on 127.0.0.1")
    parser.add_argument("--port", type=int, help="with --web (default: any free one)")
    parser.add_argument("--limit", type=int, help="with --list: how many at most (default: 10)")
    parser.add_argument("--json", action="store_true", help="with --list: print one JSON object on stdout")
    parser.add_argument("--by", help="who labels (default: your login name)")
    chosen = parser.parse_args()
    if chosen.port is not None and not (chosen.web and 0 <= chosen.port <= 65_535):
        raise UsageError("--port goes with --web, and is from 0 to 65535")
    if chosen.limit is not None and not (chosen.list and chosen.limit >= 1):
        raise UsageError("--limit goes with --list, and is at least 1")
    if chosen.json and not chosen.list:
        raise UsageError("--json goes with --list")
    return chosen


def command() -> None:
    chosen = arguments()
    environment = settings.Environment.load(chosen.env)
    if not (chosen.list or chosen.web or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError("labelling needs a terminal: use --web for a browser, or --list")
    deployed = environment.workflow
    s3, bucket = environment.client("s3"), deployed.data_bucket
    queue = ReviewQueue(environment.client("sqs"), deployed.review_queue_url)
    labels = LabelStore(
        s3, bucket, deployed.class_names, by=chosen.by or ("" if chosen.list else login_name())
    )
    if chosen.list:
        listing = list_waiting(queue, labels, s3, bucket, chosen.limit or 10)
        if chosen.json:
            print(json.dumps(as_json(listing, deployed.class_names), indent=2))
        else:
            show_listing(listing, Console(), deployed.class_names)
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it otherwise
    if chosen.web:
        serve(Session(queue, labels, s3, bucket, idle_seconds=ABSENT_SECONDS), chosen.port or 0)
        return
    with Session(queue, labels, s3, bucket) as session, keyboard() as keys:
        label_pictures(session, Console(highlight=False), keys)


def serve(session: Session, port: int) -> None:
    """Serve the page until Ctrl-C."""
    try:
        server = LabellingServer(session, port)
    except OSError as error:
        raise SconesError(f"port {port} cannot be served: {error.strerror}; choose another --port") from None
    with session, server:
        print(f"{server.url}\nOpen it in a browser on this machine. Ctrl-C ends it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nended; what was not decided is back in the queue", file=sys.stderr)


def login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("your login has no name: say who labels with --by") from None


def ended(number: int, _frame: object) -> NoReturn:
    """A signal ends the program as Ctrl-C does: what is looked at is given back."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main(command)
