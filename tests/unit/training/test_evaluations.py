"""What a model answers on the evaluation set comes out of its job's output.tar.gz, and nothing else does."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scones.errors import SconesError
from scones.review.findings import Answer
from scones.s3 import read_json_object
from scones.training import evaluations
from scones.training.evaluations import fetch_content, fetch_evaluation, publish_evaluation

BUCKET = "pictures"
JOB = {
    "TrainingJobName": "job-1",
    "AlgorithmSpecification": {"TrainingImage": "image:1"},
    "ModelArtifacts": {"S3ModelArtifacts": f"s3://{BUCKET}/models/job-1/output/model.tar.gz"},
}
WRITTEN = {
    "classes": 2,
    "pictures": [
        {"key": "a.png", "label": 0, "probabilities": [0.9, 0.1]},
        {"key": "b.png", "label": 1, "probabilities": [0.600001, 0.399999]},
    ],
}
PERFECT = {"key": "a", "label": 0, "probabilities": [1, 0]}


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def s3(store: Any) -> Any:
    """An empty bucket."""
    for entry in store.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        store.delete_object(Bucket=BUCKET, Key=entry["Key"])
    return store


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def leave(s3: Any, content: Any) -> None:
    """What the job leaves in output.tar.gz: evaluation.json with this content, or these bytes instead."""
    body = (
        content
        if isinstance(content, bytes)
        else archive(**{"evaluation.json": json.dumps(content).encode()})
    )
    s3.put_object(Bucket=BUCKET, Key="models/job-1/output/output.tar.gz", Body=body)


def test_what_the_job_left_is_published_and_fetched_again(s3: Any) -> None:
    leave(s3, WRITTEN)

    assert publish_evaluation(s3, BUCKET, JOB) == "s3://pictures/models/job-1/evaluation.json"

    found = fetch_evaluation(s3, BUCKET, "job-1")
    assert found is not None
    assert found.answers == {"a.png": Answer(0.9, True, 0), "b.png": Answer(0.600001, False, 0)}
    assert found.accuracy == 0.5


def test_the_published_file_says_of_each_picture_what_was_most_likely(s3: Any) -> None:
    leave(s3, WRITTEN)
    publish_evaluation(s3, BUCKET, JOB)

    assert read_json_object(s3, BUCKET, "models/job-1/evaluation.json") == {
        "training_job": "job-1",
        "classes": 2,
        "pictures": [
            {
                "key": "a.png",
                "label": 0,
                "predicted": 0,
                "confidence": 0.9,
                "probabilities": [0.9, 0.1],
            },
            {
                "key": "b.png",
                "label": 1,
                "predicted": 0,
                "confidence": 0.600001,
                "probabilities": [0.600001, 0.399999],
            },
        ],
    }


def test_scores_statistics_and_background_are_published_with_the_pictures(s3: Any) -> None:
    extras = {"out_of_domain": 0.02, "statistics": {"brightness": 0.5, "contrast": 0.2}}
    other = {"key": "c.png", "probabilities": [0.5, 0.5], **extras}
    pictures = [picture | extras for picture in WRITTEN["pictures"]]  # type: ignore[attr-defined]
    leave(s3, {"classes": 2, "pictures": pictures, "background": [other]})
    publish_evaluation(s3, BUCKET, JOB)

    found = fetch_content(s3, BUCKET, "job-1")

    assert found is not None
    assert found["background"] == [other | {"predicted": 0, "confidence": 0.5}]
    assert found["pictures"][0] == pictures[0] | {"predicted": 0, "confidence": 0.9}
    compared = fetch_evaluation(s3, BUCKET, "job-1")
    assert compared is not None
    assert compared.answers.keys() == {"a.png", "b.png"}


def test_an_evaluation_of_an_earlier_release_is_read_and_one_of_a_later_one_too(s3: Any) -> None:
    entry = {"key": "a", "label": 0, "predicted": 0, "confidence": 0.5}
    body = json.dumps({"classes": 2, "pictures": [entry | {"later": 1}]}).encode()
    s3.put_object(Bucket=BUCKET, Key="models/job-1/evaluation.json", Body=body)

    assert fetch_content(s3, BUCKET, "job-1") == {"classes": 2, "pictures": [entry]}


def test_a_job_that_left_no_output_has_no_evaluation(s3: Any) -> None:
    assert publish_evaluation(s3, BUCKET, JOB) is None
    assert fetch_evaluation(s3, BUCKET, "job-1") is None


def test_an_output_with_other_files_alone_has_no_evaluation(s3: Any) -> None:
    leave(s3, archive(**{"notes.txt": b"x", "sub/evaluation.json": b"{}"}))

    assert publish_evaluation(s3, BUCKET, JOB) is None


def test_the_member_may_be_written_as_being_in_this_folder(s3: Any) -> None:
    leave(s3, archive(**{"./notes.txt": b"x", "./evaluation.json": json.dumps(WRITTEN).encode()}))

    assert publish_evaluation(s3, BUCKET, JOB) is not None


def test_a_link_is_not_followed(s3: Any) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo("evaluation.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(member)
    leave(s3, packed.getvalue())

    assert publish_evaluation(s3, BUCKET, JOB) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"no archive", gzip.compress(b"no tar"), archive(a=b"x" * 9000)[:60]],
    ids=["empty", "text", "no tar", "cut off"],
)
def test_what_is_no_archive_is_refused_with_its_address(s3: Any, body: bytes) -> None:
    leave(s3, body)

    with pytest.raises(
        SconesError, match=r"^s3://pictures/models/job-1/output/output\.tar\.gz: .* remove it"
    ):
        publish_evaluation(s3, BUCKET, JOB)


def test_a_member_that_is_too_large_is_not_read(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "MEMBER_LIMIT", 50)
    leave(s3, WRITTEN)

    with pytest.raises(SconesError, match=r"evaluation\.json in it has more than 50 bytes"):
        publish_evaluation(s3, BUCKET, JOB)


def test_an_archive_that_unpacks_without_end_is_left_early(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluations, "ARCHIVE_LIMIT", 1 << 20)
    leave(s3, archive(bomb=bytes(8 << 20), **{"evaluation.json": json.dumps(WRITTEN).encode()}))

    with pytest.raises(SconesError, match="unpacks to more bytes"):
        publish_evaluation(s3, BUCKET, JOB)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ([], "TypeError"),
        ({"classes": 2}, "KeyError: 'pictures'"),
        ({"classes": 2, "pictures": []}, "no picture"),
        ({"classes": 2, "pictures": [{"key": "a", "label": 0}]}, "KeyError: 'probabilities'"),
        (WRITTEN | {"classes": 3}, "a.png has no 3 probabilities"),
        (WRITTEN | {"pictures": WRITTEN["pictures"] * 2}, "more than once"),  # type: ignore[operator]
        ({"classes": 2, "pictures": [{"key": "a", "label": 2, "probabilities": [1, 0]}]}, "class 2 of 2"),
        ({"classes": 2, "pictures": [{"key": "a", "label": 0, "probabilities": [0.5, 0.1]}]}, "add up to"),
        (
            {"classes": 2, "pictures": [{"key": "a", "label": 0, "probabilities": [float("nan"), 0]}]},
            "no 2 prob",
        ),
        ({"classes": 2, "pictures": [{"key": "", "label": 0, "probabilities": [1, 0]}]}, "no key"),
        ({"classes": 2, "pictures": [PERFECT | {"out_of_domain": 1.5}]}, "out-of-domain score 1.5"),
        ({"classes": 2, "pictures": [PERFECT | {"out_of_domain": "low"}]}, "out-of-domain score 'low'"),
        ({"classes": 2, "pictures": [PERFECT | {"statistics": {"brightness": None}}]}, "has the statistics"),
        ({"classes": 2, "pictures": [PERFECT | {"statistics": [1]}]}, "AttributeError"),
        ({"classes": 2, "pictures": [PERFECT], "background": [{"key": "b"}]}, "'probabilities'"),
        ({"classes": 2, "pictures": [PERFECT], "background": [PERFECT, PERFECT]}, "more than once"),
    ],
)
def test_content_that_the_algorithm_does_not_write_is_refused(s3: Any, content: Any, why: str) -> None:
    leave(s3, content)

    with pytest.raises(SconesError, match=why):
        publish_evaluation(s3, BUCKET, JOB)
    assert fetch_evaluation(s3, BUCKET, "job-1") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"classes": 2, "pictures": [1]}',
        b'{"classes": 2, "pictures": [{"key": "a", "label": 0, "predicted": 0, "confidence": 1.5}]}',
        b'{"classes": 2, "pictures": [{"key": "a", "label": 0, "predicted": true, "confidence": 0.5}]}',
        b'{"classes": "2", "pictures": []}',
    ],
)
def test_a_damaged_evaluation_is_refused_with_its_address(s3: Any, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="models/job-1/evaluation.json", Body=body)

    with pytest.raises(SconesError, match=r"^s3://pictures/models/job-1/evaluation\.json: it is not what"):
        fetch_evaluation(s3, BUCKET, "job-1")
