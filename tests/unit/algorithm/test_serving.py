"""An endpoint's container over HTTP, started once on a model that was trained for the purpose."""

import http.client
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from algorithm import artifact
from algorithm import images as pictures
from algorithm.model import Architecture, Classifier

SCRIPTS = Path(__file__).parents[3] / "scripts"


def save_model(folder: Path) -> None:
    """A model folder with random weights."""
    torch.manual_seed(1)
    classifier = Classifier(Architecture(8, 2, (3, 32, 32)))
    artifact.save_params(folder, classifier, 7)
    artifact.save_description(folder, classifier.architecture, {"best_epoch": 7})


def start(base: Path, port: int = 0) -> subprocess.Popen[str]:
    ours = {"PYTHONPATH": str(SCRIPTS), "SAGEMAKER_BASE_DIR": str(base)}
    address = {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_BIND_TO_ADDRESS": "127.0.0.1"}
    command = [sys.executable, "-m", "algorithm", "serve"]
    return subprocess.Popen(command, env=os.environ | ours | address, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endpoint")
    save_model(folder / "model")
    return folder


@pytest.fixture(scope="module")
def port(base: Path) -> Iterator[int]:
    """The port of a server that says it is serving."""
    with start(base) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        yield int(line.rsplit(":", 1)[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    yield connection
    connection.close()


def post(
    connection: http.client.HTTPConnection, body: bytes, content_type: str = "image/png", accept: str = ""
) -> tuple[int, str, str]:
    """Status, content type and text of an answer."""
    headers = {"Content-Type": content_type} | ({"Accept": accept} if accept else {})
    connection.request("POST", "/invocations", body, headers)
    response = connection.getresponse()
    return response.status, response.headers["Content-Type"], response.read().decode()


def test_a_ping_is_answered_once_the_model_is_loaded(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/ping")

    assert connection.getresponse().status == 200


@pytest.mark.parametrize("content_type", ["image/png", "application/x-image", "Image/PNG; charset=binary"])
@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/html, application/json;q=0.5"])
def test_the_answer_is_a_bare_array_of_probabilities(
    connection: http.client.HTTPConnection, images: Any, content_type: str, accept: str
) -> None:
    status, kind, body = post(connection, images.encoded(images.picture(0, 1, 32)), content_type, accept)

    assert (status, kind) == (200, "application/json")
    assert len(json.loads(body)) == 2
    assert sum(json.loads(body)) == pytest.approx(1)


def test_json_lines_hold_the_array_under_prediction(
    connection: http.client.HTTPConnection, images: Any
) -> None:
    content = images.encoded(images.picture(0, 1, 32))

    status, kind, body = post(connection, content, accept="application/jsonlines")

    assert (status, kind) == (200, "application/jsonlines")
    assert json.loads(body) == {"prediction": json.loads(post(connection, content)[2])}
    assert body.endswith("\n")


def test_the_endpoint_says_what_the_model_says(
    connection: http.client.HTTPConnection, images: Any, base: Path
) -> None:
    picture = images.picture(1, 2, 32)
    expected = artifact.load(base / "model").answer(torch.from_numpy(pictures.pixels(picture))[None])

    answer = json.loads(post(connection, images.encoded(picture))[2])

    assert answer == pytest.approx(expected.probabilities[0].tolist(), abs=1e-6)


@pytest.mark.parametrize(("mode", "form"), [("RGBA", "PNG"), ("L", "PNG"), ("P", "PNG"), ("CMYK", "JPEG")])
def test_pictures_of_any_mode_and_size_are_answered(
    connection: http.client.HTTPConnection, images: Any, mode: str, form: str
) -> None:
    picture = images.picture(1, 2, 50).crop((0, 0, 50, 20)).convert(mode)

    assert post(connection, images.encoded(picture, form), f"image/{form.lower()}")[0] == 200


def test_16_bits_are_answered_as_8_and_an_animation_as_its_first_frame(
    connection: http.client.HTTPConnection, images: Any
) -> None:
    grey = images.picture(1, 2, 32).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) << 8)
    colour, other = images.picture(1, 3, 32), images.picture(0, 4, 32)

    def answer(content: bytes) -> Any:
        status, _, body = post(connection, content)
        return status, json.loads(body)

    assert answer(images.encoded(deep)) == answer(images.encoded(grey))
    assert answer(images.animated(colour, other)) == answer(images.encoded(colour))


def test_a_verbose_answer_adds_the_out_of_domain_score_and_the_pictures_statistics(
    connection: http.client.HTTPConnection, images: Any
) -> None:
    content = images.encoded(images.picture(0, 1, 32))

    status, kind, body = post(connection, content, accept="application/json;verbose")

    answer = json.loads(body)
    assert (status, kind) == (200, "application/json")
    assert answer["probabilities"] == json.loads(post(connection, content)[2])
    assert 0 <= answer["out_of_domain"] <= 1
    assert set(answer["statistics"]) == {"brightness", "contrast", "red", "green", "blue"}
    assert answer["statistics"]["red"] - answer["statistics"]["blue"] == pytest.approx(120 / 255, abs=0.03)


@pytest.mark.parametrize("accept", ["", "application/jsonlines", "application/json;verbose"])
def test_every_answer_tells_its_out_of_domain_score_in_the_custom_attributes(
    connection: http.client.HTTPConnection, images: Any, accept: str
) -> None:
    content = images.encoded(images.picture(0, 1, 32))
    verbose = json.loads(post(connection, content, accept="application/json;verbose")[2])

    connection.request("POST", "/invocations", content, {"Content-Type": "image/png", "Accept": accept})
    response = connection.getresponse()
    response.read()

    assert response.headers["X-Amzn-SageMaker-Custom-Attributes"] == (
        f"out-of-domain={verbose['out_of_domain']:.6f}"
    )


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and ends where its pixels should begin."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 100) + b"IDAT"


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "message"),
    [
        (b"text", "image/png", "", 400, "not a readable PNG or JPEG"),
        (b"", "image/png", "", 400, "not a readable PNG or JPEG"),
        (b"GIF89a" + bytes(40), "application/x-image", "", 400, "not a readable PNG or JPEG"),
        (png_header(32, 32), "image/png", "", 400, "not a readable PNG or JPEG"),
        (png_header(60_000, 60_000), "image/png", "", 413, "pixels"),
        (png_header(10_000, 10_000), "image/png", "", 413, "10000x10000 pixels"),
        (bytes(7_000_000), "image/png", "", 413, "7,000,000 bytes; at most 6,291,456"),
        (b"{}", "application/json", "", 415, "content type application/json is not one of"),
        (b"{}", "", "", 415, "content type (none) is not one of"),
        (b"x", "image/png", "text/csv", 406, "cannot answer text/csv"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_reason(
    connection: http.client.HTTPConnection,
    body: bytes,
    content_type: str,
    accept: str,
    status: int,
    message: str,
) -> None:
    answer = post(connection, body, content_type, accept)

    assert answer[0] == status
    assert message in answer[2]
    assert "Traceback" not in answer[2]


def test_a_refusal_leaves_the_connection_usable(connection: http.client.HTTPConnection, images: Any) -> None:
    content = images.encoded(images.picture(0, 1, 32))

    statuses = [post(connection, body)[0] for body in (content, b"text", content)]

    assert statuses == [200, 400, 200]


def test_answers_are_the_same_one_by_one_and_all_at_once(port: int, images: Any) -> None:
    contents = [images.encoded(images.picture(seed % 2, seed, 32)) for seed in range(12)]

    def ask(content: bytes) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            return post(connection, content)[2]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, contents)) == [ask(content) for content in contents]


def test_batch_transform_is_told_one_picture_a_request(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/execution-parameters")

    assert json.loads(connection.getresponse().read())["BatchStrategy"] == "SINGLE_RECORD"


def test_an_unknown_path_is_not_found(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/models")

    assert connection.getresponse().status == 404


def remove(name: str) -> Any:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: str) -> Any:
    return lambda folder: (folder / name).write_text(content)


def another_depth(folder: Path) -> None:
    path = folder / "image-classification-symbol.json"
    path.write_text(path.read_text().replace('"num_layers": 8', '"num_layers": 20'))


def not_finite(folder: Path) -> None:
    classifier = artifact.load(folder)
    classifier.mean.fill_(float("nan"))
    artifact.save_params(folder, classifier, 7)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("image-classification-symbol.json"), "has no image-classification-symbol.json"),
        (remove("image-classification-0007.params"), "has 0 image-classification-NNNN.params files"),
        (write("image-classification-0007.params", "cut"), "image-classification-0007.params is damaged"),
        (write("image-classification-symbol.json", "{}"), "does not describe a network of this program"),
        (another_depth, "does not fit the architecture"),
        (not_finite, "weights that are not finite"),
    ],
    ids=["no symbol", "no weights", "cut weights", "empty symbol", "another depth", "not finite"],
)
def test_a_model_that_cannot_be_served_is_refused_at_the_start(
    base: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damage: Any,
    message: str,
) -> None:
    from algorithm.__main__ import main

    shutil.copytree(base / "model", tmp_path / "model")
    damage(tmp_path / "model")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    assert main(["serve"]) == 1

    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_taken_port_is_named(base: Path, port: int) -> None:
    with start(base, port) as process:
        assert process.stderr is not None
        error = process.stderr.read()

    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in error


def test_the_best_of_several_epochs_is_served(tmp_path: Path) -> None:
    save_model(tmp_path)
    artifact.save_params(tmp_path, Classifier(Architecture(8, 2, (3, 32, 32))), 8)
    best = artifact.load(tmp_path).state_dict()

    (tmp_path / artifact.params_name(8)).unlink()

    assert all(torch.equal(value, best[name]) for name, value in artifact.load(tmp_path).state_dict().items())
