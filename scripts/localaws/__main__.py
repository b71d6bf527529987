"""Run local AWS.

python -m localaws start --home build/local --container scripts/algorithm/container.json
python -m localaws status --home build/local
python -m localaws stop --home build/local
python -m localaws serve --home build/aws --port 5000     # in the foreground
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import state
from .settings import ACCOUNT_ID, LocalAwsError, Settings, load_containers

READY_SECONDS = 30.0
STOP_SECONDS = 15.0


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    options.home = options.home.resolve()
    try:
        return int(options.run(options) or 0)
    except LocalAwsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def start(options: argparse.Namespace) -> int:
    """Start a server in the background and wait until it answers."""
    if state.is_running(options.home):
        print(f"local AWS already runs at {_wait_for_address(options.home, None)['endpoint_url']}")
        return 0
    for path in options.container:
        load_containers(path)  # a mistake in it belongs on this terminal, not in the log
    options.home.mkdir(parents=True, exist_ok=True)
    log = options.home / state.LOG
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", __package__, "serve", *_serve_arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    told = _wait_for_address(options.home, server)
    notes = [line for line in log.read_text().splitlines() if line.startswith("wiped ")]
    print(*notes, f"local AWS runs at {told['endpoint_url']} (log: {log})", sep="\n")
    return 0


def serve(options: argparse.Namespace) -> None:
    """Run a server in the foreground until SIGTERM or Ctrl-C."""
    containers = {name: box for path in options.container for name, box in load_containers(path).items()}
    from .server import serve

    settings = Settings(
        home=options.home,
        endpoint_url="",
        region=options.region,
        account_id=options.account,
        containers=containers,
        permissions=not options.without_permissions,
        capture_flush_seconds=options.capture_flush_seconds,
    )
    serve(settings, options.port)


def stop(options: argparse.Namespace) -> int:
    """End the server and every process it started."""
    _stop(options.home)
    if options.wipe:
        state.remove(options.home)
    return 0


def _stop(home: Path) -> None:
    told = state.address(home)
    if not state.is_running(home):
        state.withdraw(home)
        print("local AWS does not run")
        return
    told = told or _wait_for_address(home, None)
    os.kill(told["pid"], signal.SIGTERM)
    if not _ends(home):
        os.kill(told["pid"], signal.SIGKILL)
        _ends(home)
    state.withdraw(home)
    print("local AWS stopped")


def status(options: argparse.Namespace) -> int:
    """Print localaws.json of a running server; exit 1 when there is none."""
    told = state.address(options.home)
    if told is None or not state.is_running(options.home):
        print("local AWS does not run")
        return 1
    print(json.dumps(told))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localaws", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="start|serve|stop|status")
    for run in (start, serve, stop, status):
        command = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument(
            "--home", type=Path, required=True, help="folder of the server's state; lives and dies with it"
        )
        if run is stop:
            command.add_argument("--wipe", action="store_true", help="remove the folder as well")
        if run in (start, serve):
            _add_server_options(command)
    return parser


def _add_server_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    command.add_argument("--region", default="us-east-1", help="default: us-east-1")
    command.add_argument("--account", type=_account, default=ACCOUNT_ID, help="default: %(default)s")
    command.add_argument(
        "--container",
        type=Path,
        action="append",
        default=[],
        help="JSON file that says which programs stand for which images",
    )
    command.add_argument(
        "--without-permissions",
        action="store_true",
        help="let roles do everything: to find out whether a failure is about permissions, not to work with",
    )
    command.add_argument(
        "--capture-flush-seconds",
        type=float,
        default=1.0,
        help="how long captured inferences are gathered into one file (default: 1)",
    )


def _account(text: str) -> str:
    if len(text) != 12 or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no account number: it has 12 digits")
    return text


def _serve_arguments(options: argparse.Namespace) -> list[str]:
    containers = [word for path in options.container for word in ("--container", str(path.resolve()))]
    plain = {"--home": options.home, "--port": options.port, "--region": options.region}
    plain |= {"--account": options.account, "--capture-flush-seconds": options.capture_flush_seconds}
    switches = ["--without-permissions"] if options.without_permissions else []
    return [*containers, *switches, *(str(word) for pair in plain.items() for word in pair)]


def _wait_for_address(home: Path, server: subprocess.Popen[bytes] | None) -> dict[str, Any]:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        told = state.address(home)
        if told and state.is_running(home) and (server is None or told["pid"] == server.pid):
            return told
        if server is not None and server.poll() is not None:
            lines = (home / state.LOG).read_text().strip().splitlines() or ["no output"]
            raise LocalAwsError(f"local AWS did not start: {lines[-1].removeprefix('error: ')}")
        time.sleep(0.02)
    raise LocalAwsError(f"local AWS did not answer within {READY_SECONDS:.0f} s; see {home / state.LOG}")


def _ends(home: Path) -> bool:
    deadline = time.monotonic() + STOP_SECONDS
    while state.is_running(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    sys.exit(main())
