"""image-classification, called with events and clients whose answers are set."""

import base64
import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from .conftest import as_json, error_classes, load_function, streamed, stubbed

FUNCTION = load_function("image-classification")
REQUEST_ID = "0b5b4f0e-6a3e-4d8f-9d0a-2f9f1c6d7a11"
PNG = b"\x89PNG\r\n\x1a\n and the rest"
EVENT = {
    "image_data": base64.b64encode(PNG).decode(),
    "s3_bucket": "scones-data",
    "s3_key": "test/bicycle_s_000513.png",
    "inferences": [],
}
BY_REFERENCE = {**EVENT, "image_data": ""}


class Endpoint:
    """A runtime client that gives one answer, and keeps what it was asked."""

    def __init__(self, answer: bytes | Exception = b"[0.75, 0.25]") -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def invoke_endpoint(self, **request: Any) -> dict:
        self.asked = request
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Body": StreamingBody(io.BytesIO(self.answer), len(self.answer))}


class Store:
    """An S3 client that holds one object, or refuses it."""

    def __init__(self, answer: dict | Exception | None = None) -> None:
        self.answer = answer

    def get_object(self, **_: str) -> dict:
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None, "S3 was asked"
        return self.answer


def refusal(code: str, status: int = 400, message: str = "no", **more: object) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "InvokeEndpoint")  # type: ignore[arg-type]


def model_error(status: int) -> ClientError:
    return refusal("ModelError", 424, f"Received client error ({status})", OriginalStatusCode=status)


def classify(event: object = EVENT, endpoint: Endpoint | None = None, store: Store | None = None) -> dict:
    return FUNCTION.classify(event, REQUEST_ID, endpoint or Endpoint(), store or Store(), "scones-test")


def failure(*arguments: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        classify(*arguments, **options)
    return type(raised.value).__name__, str(raised.value)


def test_the_answer_joins_the_body() -> None:
    answer = classify()

    body = {**EVENT, "inferences": [0.75, 0.25], "inference_id": REQUEST_ID}
    assert as_json(answer) == {"statusCode": 200, "body": body}


def test_the_request_is_one_that_sagemaker_takes() -> None:
    runtime, stubber = stubbed("sagemaker-runtime")
    request = {
        "EndpointName": "scones-test",
        "ContentType": "image/png",
        "Accept": "application/json",
        "InferenceId": REQUEST_ID,
        "Body": PNG,
    }
    answer = {"Body": StreamingBody(io.BytesIO(b"[1, 0]"), 6), "ContentType": "application/json"}
    stubber.add_response("invoke_endpoint", answer, request)

    body = FUNCTION.classify(EVENT, REQUEST_ID, runtime, Store(), "scones-test")["body"]

    assert body["inferences"] == [1.0, 0.0]


def test_a_verbose_answer_brings_its_score_along() -> None:
    endpoint = Endpoint(b'{"probabilities": [0.75, 0.25], "out_of_domain": 0.0123, "statistics": {}}')
    verbose = load_function("image-classification", RESPONSE_TYPE="application/json;verbose")

    body = verbose.classify(EVENT, REQUEST_ID, endpoint, Store(), "scones-test", verbose.RESPONSE_TYPE)[
        "body"
    ]

    assert endpoint.asked["Accept"] == "application/json;verbose"
    assert (body["inferences"], body["out_of_domain"]) == ([0.75, 0.25], 0.0123)


@pytest.mark.parametrize(
    "answer", [b'{"probabilities": [0.75, 0.25]}', b'{"probabilities": [0.75, 0.25], "out_of_domain": null}']
)
def test_a_score_that_is_not_known_is_left_out(answer: bytes) -> None:
    assert "out_of_domain" not in classify(endpoint=Endpoint(answer))["body"]


@pytest.mark.parametrize("score", [b"NaN", b"Infinity", b"-0.1", b"1.01", b'"0.1"', b"true", b"[0.1]"])
def test_a_score_that_is_none_is_named(score: bytes) -> None:
    answer = b'{"probabilities": [0.75, 0.25], "out_of_domain": ' + score + b"}"

    assert failure(endpoint=Endpoint(answer))[0] == "InvalidEndpointAnswer"


def test_a_response_type_that_nobody_knows_keeps_the_function_from_starting() -> None:
    with pytest.raises(Exception, match="RESPONSE_TYPE") as raised:
        load_function("image-classification", RESPONSE_TYPE="text/csv")

    assert type(raised.value).__name__ == "InvalidConfiguration"


def test_the_handler_gives_its_request_id_as_inference_id(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = Endpoint()
    monkeypatch.setattr(FUNCTION, "RUNTIME", endpoint)

    body = FUNCTION.handler(EVENT, SimpleNamespace(aws_request_id=REQUEST_ID))["body"]

    assert endpoint.asked["InferenceId"] == body["inference_id"] == REQUEST_ID
    assert endpoint.asked["EndpointName"] == "scones-test"


def test_a_jpeg_is_sent_as_one() -> None:
    endpoint = Endpoint()

    classify({**EVENT, "image_data": base64.b64encode(b"\xff\xd8\xff\xe0").decode()}, endpoint)

    assert endpoint.asked["ContentType"] == "image/jpeg"


def test_a_picture_that_travels_as_its_reference_is_read_here() -> None:
    content = PNG.ljust(1_000_000, b"\0")
    endpoint = Endpoint()

    body = classify(BY_REFERENCE, endpoint, Store(streamed(content)))["body"]

    assert endpoint.asked["Body"] == content
    assert body["image_data"] == ""


@pytest.mark.parametrize(
    "event",
    [None, [], "text", {}, {"body": EVENT}, {**EVENT, "s3_key": ""}, {**EVENT, "s3_bucket": 3}],
)
def test_an_event_that_is_no_body_is_named(event: object) -> None:
    assert failure(event)[0] == "InvalidInput"


@pytest.mark.parametrize("image_data", ["%%%", "abc", "ünïcode", 5, ["aGk="], {"a": 1}, True])
def test_image_data_that_is_no_base64_is_named(image_data: object) -> None:
    assert failure({**EVENT, "image_data": image_data})[0] == "InvalidImageData"


def test_bytes_that_are_no_picture_are_not_sent() -> None:
    endpoint = Endpoint()

    name, _ = failure({**EVENT, "image_data": base64.b64encode(b"A text").decode()}, endpoint)

    assert (name, endpoint.asked) == ("UnsupportedImage", {})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal("NoSuchKey", 404), "ImageUnreadable"),
        (refusal("AccessDenied", 403), "ImageUnreadable"),
        (refusal("SlowDown", 503), "StorageUnavailable"),
        (ReadTimeoutError(endpoint_url="https://s3"), "StorageUnavailable"),
        ({"ContentLength": 10**12, "Body": io.BytesIO()}, "ImageTooLarge"),
    ],
)
def test_what_s3_answers_gets_a_name(answer: dict | Exception, expected: str) -> None:
    assert failure(BY_REFERENCE, store=Store(answer))[0] == expected


@pytest.mark.parametrize("reference", [{"s3_key": "half a character \ud83d"}, {"s3_bucket": "not a bucket"}])
def test_a_reference_that_s3_could_not_know_is_named(reference: dict[str, str]) -> None:
    assert failure(BY_REFERENCE | reference, store=FUNCTION.S3)[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("ValidationError", 400, "Endpoint scones-test of account 1 not found."), "EndpointNotFound"),
        (refusal("ValidationError", 400, "Variant does not exist"), "EndpointRefused"),
        (refusal("AccessDeniedException", 403), "EndpointAccessDenied"),
        (refusal("ThrottlingException", 400), "EndpointThrottled"),
        (refusal("Throttling", 429), "EndpointThrottled"),
        (refusal("TooManyRequestsException", 429), "EndpointThrottled"),
        (refusal("ModelNotReadyException", 429), "EndpointUnavailable"),
        (refusal("ServiceUnavailable", 503), "EndpointUnavailable"),
        (refusal("InternalFailure", 500), "EndpointUnavailable"),
        (refusal("InternalDependencyException", 530), "EndpointUnavailable"),
        (ReadTimeoutError(endpoint_url="https://runtime"), "EndpointUnavailable"),
        (model_error(503), "EndpointUnavailable"),
        (model_error(429), "EndpointUnavailable"),
        (model_error(400), "ImageRefused"),
        (model_error(415), "ImageRefused"),
        (model_error(500), "ModelFailed"),
    ],
)
def test_what_the_endpoint_refuses_gets_a_name(error: Exception, expected: str) -> None:
    name, message = failure(EVENT, Endpoint(error))

    assert name == expected
    assert "scones-test" in message or name == "ImageRefused"
    assert "\n" not in message


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"0.9",
        b'"[0.9, 0.1]"',
        b'{"prediction": [0.9, 0.1]}',
        b"[]",
        b"[1.0]",
        b"[0.9, null]",
        b'["0.9", "0.1"]',
        b"[true, false]",
        b"[NaN, 0.5]",
        b"[Infinity, 0.5]",
        b"[1.5, -0.5]",
        b"[0.9, 0.9]",
        b"[1" + b"0" * 400 + b", 0]",
        b"[" * 60_000,
    ],
)
def test_an_answer_that_is_no_list_of_probabilities_is_named(answer: bytes) -> None:
    name, message = failure(EVENT, Endpoint(answer))

    assert name == "InvalidEndpointAnswer"
    assert repr(answer[:20])[2:-1] in message


@pytest.mark.parametrize("name", [None, "", "  "])
def test_without_an_endpoint_name_the_function_does_not_start(name: str | None) -> None:
    with pytest.raises(Exception, match="ENDPOINT_NAME") as raised:
        load_function("image-classification", ENDPOINT_NAME=name)

    assert type(raised.value).__name__ == "InvalidConfiguration"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
images = st.binary(max_size=20).map(lambda rest: base64.b64encode(PNG + rest).decode())
events = json_values | st.fixed_dictionaries(
    {
        "s3_bucket": st.just("scones-data") | json_values,
        "s3_key": st.text() | json_values,
        "image_data": images | json_values,
    }
)
answers = st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode())


@given(events, answers, st.binary(max_size=40))
def test_any_event_and_answer_end_in_a_result_or_a_named_error(
    event: object, answer: bytes, stored: bytes
) -> None:
    try:
        body = classify(event, Endpoint(answer), Store(streamed(stored)))["body"]
    except tuple(error_classes(FUNCTION)):
        return
    assert sum(body["inferences"]) == pytest.approx(1, abs=0.001)
