"""Endpoints that fail, refuse or answer nonsense, and archives that are no models."""

import io
import json
import sys
import tarfile
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from scones.errors import SconesError
from scones.evaluation import offline
from scones.evaluation.agreement import compare
from scones.evaluation.endpoint import JSON, VERBOSE, Endpoint, Reply
from scones.evaluation.offline import answer_offline
from scones.evaluation.staged import Picture
from scones.evaluation.strange import KINDS, made_pictures
from scones.rule import Rule

PICTURE = b"a picture"


class Asked:
    """An endpoint whose answers are set out beforehand, in the order in which they are given."""

    def __init__(self) -> None:
        self.runtime = boto3.Session("a", "b", region_name="us-east-1").client("sagemaker-runtime")
        self.stub = Stubber(self.runtime)
        self.pauses: list[float] = []
        self.endpoint = Endpoint(self.runtime, "e", 2, pause=self.pauses.append)
        self.stub.activate()

    def answers(self, body: Any, accept: str = JSON) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.stub.add_response(
            "invoke_endpoint",
            {"Body": StreamingBody(io.BytesIO(raw), len(raw)), "ContentType": "application/json"},
            {"EndpointName": "e", "ContentType": "application/x-image", "Accept": accept, "Body": PICTURE},
        )

    def fails(self, status: int, original: int) -> None:
        self.stub.add_client_error(
            "invoke_endpoint",
            "ModelError",
            "it failed",
            status,
            modeled_fields={"OriginalStatusCode": original},
        )


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_a_failure_that_may_pass_is_asked_again_with_pauses_in_between(asked: Asked) -> None:
    asked.fails(424, 503)
    asked.fails(424, 500)
    asked.answers([0.25, 0.75])

    reply = asked.endpoint.ask("a.png", PICTURE)

    assert (reply.predicted, reply.confidence, reply.out_of_domain) == (1, 0.75, None)
    assert asked.pauses == [1, 2]


def test_a_failure_that_stays_is_told(asked: Asked) -> None:
    for _ in range(4):
        asked.fails(424, 500)

    with pytest.raises(SconesError, match=r"e did not answer a\.png: .* \(asked 4 times\)"):
        asked.endpoint.ask("a.png", PICTURE)


def test_a_refused_picture_is_not_asked_about_again(asked: Asked) -> None:
    asked.fails(424, 400)

    with pytest.raises(SconesError, match=r"did not answer a\.png"):
        asked.endpoint.ask("a.png", PICTURE)
    assert asked.pauses == []


def test_an_endpoint_that_tells_scores_is_asked_for_them(asked: Asked) -> None:
    for _ in range(2):
        asked.answers({"probabilities": [0.9, 0.1], "out_of_domain": 0.2, "statistics": {}}, VERBOSE)

    endpoint = asked.endpoint.telling_scores(PICTURE)

    assert endpoint.ask("a.png", PICTURE).out_of_domain == 0.2


def test_an_endpoint_that_cannot_is_asked_for_probabilities_alone(asked: Asked) -> None:
    asked.fails(424, 406)

    assert asked.endpoint.telling_scores(PICTURE) is asked.endpoint


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"[NaN, 1]",
        [1],
        [0.5, 0.5, 0.0],
        [0.9, 0.9],
        {"prediction": [1, 0]},
        {"probabilities": [1, 0], "out_of_domain": 2},
        {"probabilities": "10"},
    ],
)
def test_an_answer_that_is_none_is_refused_with_the_picture(asked: Asked, body: Any) -> None:
    asked.answers(body)

    with pytest.raises(SconesError, match=r"e's answer to a\.png is not one for 2 classes"):
        asked.endpoint.ask("a.png", PICTURE)


# --- The rule ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probabilities", "score", "is_accepted"),
    [
        ((0.9, 0.1), 0.3, True),  # equal passes, of the threshold and of the limit
        ((0.89, 0.11), 0.3, False),
        ((0.9, 0.1), 0.31, False),
        ((0.9, 0.1), None, True),
        ((0.05, 0.95), 0.0, False),  # its class has a threshold of its own
        ((0.01, 0.99), 0.0, True),
    ],
)
def test_the_rule_decides_as_the_function_does(
    probabilities: tuple[float, ...], score: float | None, is_accepted: bool
) -> None:
    rule = Rule(0.9, ["bicycle", "motorcycle"], {"motorcycle": 0.97}, 0.3)

    assert rule.accepts(Reply(probabilities, score, 0)) is is_accepted


# --- Agreement ---------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_the_largest_difference_is_that_of_one_picture(pairs: list[tuple[float, float]]) -> None:
    some = [Reply((a, 1 - a), None, 0) for a, _ in pairs]
    others = [Reply((b, 1 - b), 0.5, 0) for _, b in pairs]

    found = compare(map(str, range(len(pairs))), some, others)

    a, b = pairs[int(found.key)]
    assert found.largest_difference == pytest.approx(max(abs(a - b) for a, b in pairs), abs=1e-12)
    assert abs(a - b) == pytest.approx(found.largest_difference, abs=1e-12)


def test_scores_are_compared_where_both_sides_have_one() -> None:
    assert compare(
        ["a"], [Reply((1, 0), 0.1, 0)], [Reply((1, 0), 0.4, 0)]
    ).largest_difference == pytest.approx(0.3)


# --- A process of its own ----------------------------------------------------------------------------

ECHO = """
import json, pathlib, sys
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert pathlib.Path(words["--model"], "weights").read_bytes() == b"w"
for line in open(words["--list"]):
    path = line.rstrip().split("\\t")[2]
    share = len(pathlib.Path(words["--pictures"], path).read_bytes()) / 10
    print(json.dumps({"key": path, "probabilities": [share, 1 - share]}))
"""
MODEL = "s3://models/model.tar.gz"


def archive(name: str = "weights", kind: bytes = tarfile.REGTYPE, content: bytes = b"w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.size = kind, len(content) if kind == tarfile.REGTYPE else 0
        member.linkname = "/etc/hostname"
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def offline_answers(model: bytes, program: str = ECHO) -> list[Reply]:
    with mock_aws():
        s3 = boto3.Session("a", "b", region_name="us-east-1").client("s3")
        s3.create_bucket(Bucket="models")
        s3.put_object(Bucket="models", Key="model.tar.gz", Body=model)
        pictures = [Picture("../../outside.png", 0, b"123"), Picture("b.png", 1, b"1234567")]
        return answer_offline(s3, MODEL, pictures, 2, [sys.executable, "-c", program], {})


def test_pictures_are_answered_in_order_whatever_their_keys_are() -> None:
    replies = offline_answers(archive())

    assert [reply.probabilities[0] for reply in replies] == [0.3, 0.7]


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (b"no archive", "cannot be unpacked"),
        (archive()[:40], "cannot be unpacked"),
        (archive("../weights"), "cannot be unpacked"),
        (archive("link", tarfile.SYMTYPE), "holds 'link', which is no file"),
        (archive("pipe", tarfile.FIFOTYPE), "holds 'pipe', which is no file"),
    ],
    ids=["no archive", "cut off", "outside", "link", "pipe"],
)
def test_an_archive_that_is_no_model_is_not_unpacked(model: bytes, reason: str) -> None:
    with pytest.raises(SconesError, match=reason):
        offline_answers(model)


def test_a_model_that_unpacks_without_end_is_left_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "LARGEST_MODEL", 1000)

    with pytest.raises(SconesError, match="unpacks to more than a model has"):
        offline_answers(archive(content=bytes(2000)))


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit('the weights are damaged')", "the weights are damaged"),
        ("print('[]')", "answered 1 of 2"),
        ("print('nothing'); print('nothing')", "gave an answer that is none"),
    ],
)
def test_a_process_that_fails_is_told_in_its_own_words(program: str, reason: str) -> None:
    with pytest.raises(SconesError, match=reason):
        offline_answers(archive(), program)


# --- Strange pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_pictures_again_and_another_one_does_not(kind: str) -> None:
    once = made_pictures(kind, 5, seed=1)

    assert made_pictures(kind, 5, seed=1) == once
    assert made_pictures(kind, 5, seed=2) != once
    assert len(set(once)) == 5
