"""A container's program, small enough to see through: `toy train`, `serve` and `process` do what they are
told.

Training does what its hyperparameters say and leaves them in model/model.json; serving reads that file. A
request's body may be a command: `fail 400`, `crash`, `pid`, `hold <file>`; any other body is answered with
its length. A model with `does` takes that for every body; one with `delay` takes so many seconds for each.
"""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BASE = Path(os.environ["SAGEMAKER_BASE_DIR"])


def train() -> None:
    told = json.loads((BASE / "input/config/hyperparameters.json").read_text())
    files = sorted(
        str(p.relative_to(BASE / "input/data")) for p in (BASE / "input/data").rglob("*") if p.is_file()
    )
    print("files", *files)
    resources = json.loads((BASE / "input/config/resourceconfig.json").read_text())
    host = resources["current_host"]
    if len(resources["hosts"]) > 1:
        print("host", host, "of", *resources["hosts"])
        (BASE / f"model/{host}.txt").write_text(host)
    rescued = (BASE / "checkpoints/last.txt").exists()
    if "checkpoint" in told:
        told["found"] = (BASE / "checkpoints" / told["checkpoint"]).read_text()
    (BASE / "model/model.json").write_text(json.dumps({**told, "files": files}, sort_keys=True))
    for number in told.get("accuracies", "").split():
        print(f"accuracy={number} loss=0.5")
    if "notes" in told:
        (BASE / "output/data/notes.txt").write_text(told["notes"])
        (BASE / "checkpoints/last.txt").write_text(told["notes"])
    if "failure" in told and told.get("failure_on", host) == host:
        (BASE / "output/failure").write_text(told["failure"])
        sys.exit(3)
    if "wait" in told and not rescued:
        wait(told["wait"])


def wait(manner: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "deaf" else lambda *_: sys.exit(0))
    print("waiting")
    while True:
        time.sleep(60)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    model: dict[str, str]

    def do_GET(self) -> None:
        self.answer(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print("invoked", len(body))
        time.sleep(float(self.model.get("delay", 0)))
        match self.model.get("does", "").encode().split() or body.split(b" "):
            case [b"fail", status]:
                self.answer(int(status), b"no such picture", "text/plain")
            case [b"hold", path]:
                Path(path.decode()).touch()
                while Path(path.decode()).exists():
                    time.sleep(0.01)
                self.answer(200, b"null")
            case [b"crash"]:
                os._exit(7)
            case [b"pid"]:
                self.answer(200, json.dumps(os.getpid()).encode())
            case _:
                told = [len(body), self.headers["Content-Type"], self.model.get("version")]
                self.answer(200, json.dumps(told).encode(), self.headers["Accept"] or "application/json")

    def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def process() -> None:
    """`toy process <from> <to> [fail|wait]`: the files of one folder in capitals in the other."""
    source, target, *then = sys.argv[2:]
    for path in sorted(Path(source).iterdir()):
        (Path(target) / path.name).write_bytes(path.read_bytes().upper())
    print("processed for", os.environ["WHO"], "as", os.environ["PROCESSING_JOB_NAME"])
    if then == ["fail"]:
        (BASE / "output/message").write_text("half a job")
        sys.exit(4)
    if then == ["wait"]:
        wait("politely")


def serve() -> None:
    Handler.model = json.loads((BASE / "model/model.json").read_text())
    if "broken" in Handler.model:
        sys.exit("cannot load the model")
    time.sleep(float(Handler.model.get("startup", 0)))
    address = os.environ["SAGEMAKER_BIND_TO_ADDRESS"], int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    ThreadingHTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    {"train": train, "serve": serve, "process": process}[sys.argv[1]]()
