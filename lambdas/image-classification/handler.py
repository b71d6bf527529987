"""image-classification: the state machine's second task. Asks the SageMaker endpoint what the picture shows.

Event:  {"image_data": base64 or "", "s3_bucket": str, "s3_key": str, ...}, the body of serializeImageData
Result: {"statusCode": 200, "body": the same fields, "inferences": [float, ...], "inference_id": str,
         and "out_of_domain": float, where the endpoint tells how unlike its training pictures this one is}

An empty `image_data` means that the picture is too large to travel in the state: it is read from S3 here.
`inference_id` is this invocation's request id. The endpoint's data capture records the same id, so that a
captured inference can be traced to its execution.
Environment: ENDPOINT_NAME, RESPONSE_TYPE (application/json, or application/json;verbose for the score too).
"""

import base64
import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

# InvokeEndpoint's limit on a request body (SageMaker Runtime API reference).
ENDPOINT_LIMIT_BYTES = 6_291_456
# An answer is a few dozen bytes; more than this is not one.
ANSWER_LIMIT_BYTES = 65_536
# Probabilities are printed from float32.
SUM_TOLERANCE = 0.001
# What the endpoint may be asked for, as its Accept header.
RESPONSE_TYPES = ("application/json", "application/json;verbose")


def handler(event, context):
    """Lambda's entry point."""
    return classify(event, context.aws_request_id, RUNTIME, S3, ENDPOINT_NAME, RESPONSE_TYPE)


def classify(event, inference_id, runtime, s3, endpoint, response_type=RESPONSE_TYPES[0]):
    """The endpoint's answer to the picture in `event`; `runtime` and `s3` are the clients to use."""
    bucket, key = _text(event, "s3_bucket"), _text(event, "s3_key")
    image_data = event.get("image_data", "")
    image = _decode(image_data) if image_data else _download(bucket, key, s3)
    answer = _answer(_invoke(endpoint, image, inference_id, runtime, response_type))
    return {
        "statusCode": 200,
        "body": {
            "image_data": image_data or "",
            "s3_bucket": bucket,
            "s3_key": key,
            "inference_id": inference_id,
            **answer,
        },
    }


def _text(event, field):
    value = event.get(field) if isinstance(event, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(
            f"expected the body of serializeImageData with {field}, found {_kind(event)}: "
            "start the state machine rather than this function alone"
        )
    return value


def _kind(event):
    return f"the fields {list(event)}"[:120] if isinstance(event, dict) else type(event).__name__


def _decode(image_data):
    """The bytes behind `image_data`. Raises InvalidImageData."""
    try:
        return base64.b64decode(image_data, validate=True)
    except (TypeError, ValueError) as error:
        raise InvalidImageData(
            f"image_data must be base64 or empty ({error}), found {str(image_data)[:40]!a}: "
            "leave it empty to have the picture read from S3"
        ) from error


def _download(bucket, key, s3):
    """The object's bytes. Its size comes with the headers, so an object that is too large is never loaded."""
    uri = f"s3://{bucket}/{key}"
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
        with answer["Body"] as stream:
            _check_size(answer["ContentLength"])
            return stream.read(answer["ContentLength"])
    except ClientError as error:
        busy = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
        kind = StorageUnavailable if busy else ImageUnreadable
        raise kind(
            f"S3 did not give {uri!a} to this function ({error}): check that it is there "
            "and that the role has s3:GetObject on it, and kms:Decrypt on its key"
        ) from error
    except (ParamValidationError, UnicodeError) as error:
        raise InvalidInput(
            f"{uri!a} is no possible S3 object ({error}): correct s3_bucket and s3_key"
        ) from error
    except BotoCoreError as error:
        raise StorageUnavailable(f"S3 did not answer for {uri!a}: {error}. Start it again later") from error


def _check_size(size):
    if size > ENDPOINT_LIMIT_BYTES:
        raise ImageTooLarge(
            f"the picture has {size} bytes, the endpoint takes at most {ENDPOINT_LIMIT_BYTES}: scale it down"
        )


def _content_type(image):
    """The picture's media type by its signature. Raises UnsupportedImage."""
    if image.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if image.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    raise UnsupportedImage(
        f"expected a PNG or a JPEG, found {image[:8].hex(' ') or 'no bytes'}: convert the picture"
    )


def _invoke(endpoint, image, inference_id, runtime, response_type):
    """The bytes that the endpoint answers."""
    content_type = _content_type(image)
    _check_size(len(image))
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType=content_type,
            Accept=response_type,
            InferenceId=inference_id,
            Body=image,
        )
        return answer["Body"].read(ANSWER_LIMIT_BYTES)
    except ClientError as error:
        raise _endpoint_error(endpoint, error) from error
    except BotoCoreError as error:
        raise EndpointUnavailable(
            f"endpoint {endpoint} did not answer: {error}. Start it again later"
        ) from error


def _endpoint_error(endpoint, error):
    """Our own name for what SageMaker answered. The state machine retries what throttling and outages get."""
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = " ".join(f"({code}: {error.response['Error'].get('Message', '')})".split())
    if code == "ModelError":
        return _model_error(endpoint, error.response, said)
    if "Throttl" in code or code == "TooManyRequestsException":
        return EndpointThrottled(
            f"endpoint {endpoint} has too much to do {said}: raise its capacity if this lasts"
        )
    if status >= 500 or code == "ModelNotReadyException":
        return EndpointUnavailable(f"endpoint {endpoint} cannot answer now {said}: start it again later")
    if code.startswith("Validation") and "not found" in said:
        return EndpointNotFound(
            f"endpoint {endpoint} does not exist {said}: deploy it, or correct ENDPOINT_NAME"
        )
    if code.startswith("AccessDenied"):
        return EndpointAccessDenied(
            f"this function's role may not ask {endpoint} {said}: grant sagemaker:InvokeEndpoint on it"
        )
    return EndpointRefused(
        f"endpoint {endpoint} refused the request {said}: see the endpoint's configuration"
    )


def _model_error(endpoint, response, said):
    """A ModelError carries the container's own status: 4xx speaks of the picture, 5xx of the model."""
    status = response.get("OriginalStatusCode", 500)
    where = f"see the endpoint's log {response.get('LogStreamArn') or '/aws/sagemaker/Endpoints/' + endpoint}"
    if status in {429, 503}:
        return EndpointUnavailable(f"endpoint {endpoint}'s model is busy, status {status} {said}: {where}")
    if status < 500:
        return ImageRefused(
            f"the model refused the picture, status {status} {said}: check that it opens; {where}"
        )
    return ModelFailed(f"endpoint {endpoint}'s model failed, status {status} {said}: {where}")


def _answer(content):
    """The fields in an answer: [0.97, 0.03] or {"probabilities": [0.97, 0.03], "out_of_domain": 0.01, ...}.

    Without a score, or with null for one, there is no out_of_domain. Raises InvalidEndpointAnswer.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    verbose = found if isinstance(found, dict) else {"probabilities": found}
    inferences, score = verbose.get("probabilities"), verbose.get("out_of_domain")
    if not _is_distribution(inferences):
        raise InvalidEndpointAnswer(
            "expected a JSON list of two or more probabilities that sum to 1, "
            f"found {content[:80]!r}: check that the endpoint serves an image classifier"
        )
    fields = {"inferences": [float(inference) for inference in inferences]}
    if score is None:
        return fields
    if not _is_share(score):
        raise InvalidEndpointAnswer(
            f"expected an out_of_domain score from 0 to 1, found {json.dumps(score)[:80]}: "
            "check what the endpoint serves"
        )
    return {**fields, "out_of_domain": float(score)}


def _is_distribution(inferences):
    """A list of two or more shares that make a whole."""
    return (
        isinstance(inferences, list)
        and len(inferences) >= 2
        and all(_is_share(p) for p in inferences)
        and abs(sum(inferences) - 1) <= SUM_TOLERANCE
    )


def _is_share(value):
    """A number from 0 to 1. A comparison with NaN is false."""
    return type(value) in {int, float} and 0 <= value <= 1


# --- Errors: the class name is the error's name in the state machine -------------------------------------


class InvalidConfiguration(Exception):
    """The function was deployed without ENDPOINT_NAME, or with a RESPONSE_TYPE that nobody knows."""


class InvalidInput(Exception):
    """The event is not the body of serializeImageData."""


class InvalidImageData(Exception):
    """image_data is not base64."""


class ImageUnreadable(Exception):
    """The picture is too large to travel in the state, and S3 does not give it to this function."""


class StorageUnavailable(Exception):
    """S3 is busy or out of reach. The state machine tries again."""


class ImageTooLarge(Exception):
    """The picture is larger than the endpoint takes."""


class UnsupportedImage(Exception):
    """The picture is neither a PNG nor a JPEG."""


class EndpointNotFound(Exception):
    """There is no endpoint of that name."""


class EndpointAccessDenied(Exception):
    """The function's role may not invoke the endpoint."""


class EndpointThrottled(Exception):
    """The endpoint has too much to do. The state machine tries again."""


class EndpointUnavailable(Exception):
    """The endpoint or its model is busy, starting or out of reach. The state machine tries again."""


class EndpointRefused(Exception):
    """SageMaker refused the request for another reason."""


class ImageRefused(Exception):
    """The model answered with a client error: it cannot read this picture."""


class ModelFailed(Exception):
    """The model answered with a server error."""


class InvalidEndpointAnswer(Exception):
    """The endpoint's answer has no list of probabilities, or a score that is none."""


# --- Made once per container -----------------------------------------------------------------------------

ENDPOINT_NAME = os.environ.get("ENDPOINT_NAME", "").strip()
if not ENDPOINT_NAME:
    raise InvalidConfiguration(
        "expected the endpoint's name in ENDPOINT_NAME, found nothing: deploy with it set"
    )
RESPONSE_TYPE = os.environ.get("RESPONSE_TYPE", RESPONSE_TYPES[0])
if RESPONSE_TYPE not in RESPONSE_TYPES:
    raise InvalidConfiguration(
        f"RESPONSE_TYPE must be one of {', '.join(RESPONSE_TYPES)}, found {RESPONSE_TYPE[:80]!a}: "
        "deploy with it corrected"
    )

S3 = boto3.client(
    "s3",
    config=Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
)
# One attempt only: the state machine does the waiting, with backoff and jitter, and is not billed for it.
RUNTIME = boto3.client(
    "sagemaker-runtime", config=Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 1})
)
