"""serializeImageData, called with events and an S3 client whose answers are set."""

import base64
import io

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from .conftest import as_json, error_classes, load_function, streamed, stubbed

FUNCTION = load_function("serializeImageData")
EVENT = {"image_data": "", "s3_bucket": "scones-data", "s3_key": "test/bicycle_s_000513.png"}


class OneObject:
    """An S3 client that gives the same answer for every object, or the same error."""

    def __init__(self, answer: dict | Exception) -> None:
        self.answer = answer

    def get_object(self, **_: str) -> dict:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Untouchable(io.BytesIO):
    """A body that nobody may read."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the object was loaded")


def refusal(code: str, status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetObject")  # type: ignore[arg-type]


def failure(event: object, answer: dict | Exception) -> tuple[str, str]:
    with pytest.raises(Exception) as raised:
        FUNCTION.serialize(event, OneObject(answer))
    return type(raised.value).__name__, str(raised.value)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_picture_is_put_into_the_state(kind: str, request: pytest.FixtureRequest) -> None:
    content = request.getfixturevalue(kind)
    s3, stubber = stubbed("s3")
    stubber.add_response(
        "get_object", streamed(content), {"Bucket": EVENT["s3_bucket"], "Key": EVENT["s3_key"]}
    )

    answer = FUNCTION.serialize(EVENT, s3)

    image_data = base64.b64encode(content).decode()
    assert as_json(answer) == {
        "statusCode": 200,
        "body": {**EVENT, "image_data": image_data, "inferences": []},
    }


def test_the_largest_picture_that_travels_in_the_state_leaves_room_for_the_rest(png: bytes) -> None:
    content = png.ljust(FUNCTION.INLINE_LIMIT_BYTES, b"\0")

    image_data = FUNCTION.serialize(EVENT, OneObject(streamed(content)))["body"]["image_data"]

    assert base64.b64decode(image_data) == content
    assert len(image_data) <= 256 * 1024 - 32 * 1024


def test_a_larger_picture_travels_as_its_reference(png: bytes) -> None:
    content = png.ljust(FUNCTION.INLINE_LIMIT_BYTES + 1, b"\0")

    body = FUNCTION.serialize(EVENT, OneObject(streamed(content)))["body"]

    assert body == {**EVENT, "inferences": []}


def test_only_the_header_of_a_larger_picture_is_read(png: bytes) -> None:
    stream = io.BytesIO(png.ljust(1_000_000, b"\0"))
    answer = {"ContentLength": 1_000_000, "Body": StreamingBody(stream, 1_000_000)}
    tell = stream.tell
    stream.close = lambda: None  # type: ignore[method-assign]

    FUNCTION.serialize(EVENT, OneObject(answer))

    assert tell() == FUNCTION.HEADER_BYTES


def test_a_picture_too_large_for_the_endpoint_is_refused_unread() -> None:
    stream = Untouchable()

    name, message = failure(EVENT, {"ContentLength": 10**12, "Body": StreamingBody(stream, 10**12)})

    assert name == "ImageTooLarge"
    assert "1000000000000 bytes" in message and "6291456" in message
    assert stream.closed


@pytest.mark.parametrize(
    "event",
    [
        None,
        "test/bicycle.png",
        ["scones-data", "test/bicycle.png"],
        {},
        {"s3_bucket": "scones-data"},
        {"s3_key": "test/bicycle.png"},
        {**EVENT, "s3_bucket": "  "},
        {**EVENT, "s3_key": "\n"},
        {**EVENT, "s3_key": 7},
        {**EVENT, "s3_bucket": None},
        {**EVENT, "s3_bucket": "s3://scones-data"},
        {**EVENT, "s3_bucket": "arn:aws:s3:us-east-1:123456789012:accesspoint/scones"},
        {**EVENT, "s3_key": "a" * 1025},
        {**EVENT, "s3_key": "half a character \ud83d"},
    ],
)
def test_an_input_without_a_reference_is_named(event: object) -> None:
    assert failure(event, AssertionError("S3 was asked"))[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal("NoSuchKey", 404), "ImageNotFound"),
        (refusal("NoSuchBucket", 404), "ImageNotFound"),
        (refusal("404", 404), "ImageNotFound"),
        (refusal("AccessDenied", 403), "ImageAccessDenied"),
        (refusal("InvalidObjectState", 403), "ImageUnreadable"),
        (refusal("PermanentRedirect", 301), "ImageUnreadable"),
        (refusal("SlowDown", 503), "StorageUnavailable"),
        (refusal("InternalError", 500), "StorageUnavailable"),
        (EndpointConnectionError(endpoint_url="https://s3"), "StorageUnavailable"),
        (streamed(b"\xff\xd8\xff", length=500), "StorageUnavailable"),
        (streamed(b""), "EmptyImage"),
    ],
)
def test_what_s3_answers_gets_a_name_and_the_object(answer: dict | Exception, expected: str) -> None:
    name, message = failure(EVENT, answer)

    assert name == expected
    assert "s3://scones-data/test/bicycle_s_000513.png" in message
    assert "\n" not in message


def broken_pngs() -> list[bytes]:
    whole = bytearray.fromhex("89504e470d0a1a0a0000000d49484452000000200000002008020000 00fc18eda3")
    no_width, wrong_checksum = bytearray(whole), bytearray(whole)
    no_width[16:20] = bytes(4)
    wrong_checksum[32] ^= 1
    return [bytes(no_width), bytes(wrong_checksum), bytes(whole[:30]), bytes(whole[:8])]


@pytest.mark.parametrize(
    "content", [b"A text file.", b"GIF89a", b"\xff\xd8", b"%PDF-1.7", b"\0", *broken_pngs()]
)
def test_what_is_no_picture_is_named(content: bytes) -> None:
    name, message = failure(EVENT, streamed(content))

    assert name == "UnsupportedImage"
    assert content[:8].hex(" ") in message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(st.characters(exclude_categories=[]), max_size=60)
events = json_values | st.fixed_dictionaries(
    {"s3_bucket": texts | st.just("scones-data") | json_values, "s3_key": texts | json_values}
)


@given(events, st.binary(max_size=80))
def test_any_event_ends_in_a_result_or_a_named_error(event: object, content: bytes) -> None:
    try:
        answer = FUNCTION.serialize(event, OneObject(streamed(content)))
    except tuple(error_classes(FUNCTION)):
        return
    assert list(answer["body"]) == ["image_data", "s3_bucket", "s3_key", "inferences"]
