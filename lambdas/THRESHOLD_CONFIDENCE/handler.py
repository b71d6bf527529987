"""THRESHOLD_CONFIDENCE: the state machine's third task. Lets a confident answer pass, and stops any other.

Event:  the body of image-classification, flat or under "body"; "inferences" a list, or one as a JSON string
Result: {"statusCode": 200, "body": JSON string}: the same and vehicle, confidence, loading_bay, threshold

The answer passes when its largest probability is at least the threshold: equal is enough. Else the function
raises THRESHOLD_CONFIDENCE_NOT_MET, loudly, and the state machine sends the picture to people.
Environment: THRESHOLD (0 < number <= 1), CLASS_NAMES (JSON list, in the order of the model's labels),
LOADING_BAYS (JSON object: class name to bay).
"""

import json
import os
from typing import NamedTuple

# Probabilities are printed from float32.
SUM_TOLERANCE = 0.001


def handler(event, _context):
    """Lambda's entry point."""
    return decide(event, SETTINGS)


def decide(event, settings):
    """The vehicle in the picture and its loading bay. Raises THRESHOLD_CONFIDENCE_NOT_MET."""
    body = _body(event)
    inferences = _inferences(body, settings.class_names)
    confidence = max(inferences)
    vehicle = settings.class_names[inferences.index(confidence)]
    if confidence < settings.threshold:
        uri = f"s3://{body.get('s3_bucket')}/{body.get('s3_key')}"
        raise THRESHOLD_CONFIDENCE_NOT_MET(
            f"confidence {confidence} for {vehicle} is below the threshold {settings.threshold} for {uri!a}: "
            "a person has to look at the picture"
        )
    decision = {
        "vehicle": vehicle,
        "confidence": confidence,
        "loading_bay": settings.loading_bays[vehicle],
        "threshold": settings.threshold,
    }
    return {"statusCode": 200, "body": json.dumps({**body, "inferences": inferences, **decision})}


def _body(event):
    """The fields of `event`, wherever they are. Raises InvalidInput."""
    body = event.get("body", event) if isinstance(event, dict) else event
    body = _parsed(body) if isinstance(body, str) else body
    if not isinstance(body, dict) or "inferences" not in body:
        raise InvalidInput(
            f"expected the body of image-classification with inferences, found {_kind(event)}: "
            "start the state machine rather than this function alone"
        )
    return body


def _kind(event):
    return f"the fields {list(event)}"[:120] if isinstance(event, dict) else type(event).__name__


def _inferences(body, class_names):
    """The probabilities, one a class. Raises InvalidInferences, ClassCountMismatch."""
    found = body["inferences"]
    inferences = _parsed(found) if isinstance(found, str) else found
    if not _is_distribution(inferences):
        raise InvalidInferences(
            "inferences must be a list of two or more probabilities that sum to 1, "
            f"found {json.dumps(found)[:80]}: check what the endpoint serves"
        )
    if len(inferences) != len(class_names):
        raise ClassCountMismatch(
            f"the model gave {len(inferences)} probabilities for the classes {list(class_names)}: "
            "deploy with the CLASS_NAMES that the model was trained on"
        )
    return [float(inference) for inference in inferences]


def _parsed(text):
    """The value of a JSON text, or None where it is none. NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def _is_distribution(inferences):
    """A comparison with NaN is false, so NaN does not pass either."""
    return (
        isinstance(inferences, list)
        and len(inferences) >= 2
        and all(type(p) in {int, float} and 0 <= p <= 1 for p in inferences)
        and abs(sum(inferences) - 1) <= SUM_TOLERANCE
    )


# --- Errors: the class name is the error's name in the state machine -------------------------------------


class THRESHOLD_CONFIDENCE_NOT_MET(Exception):
    """The largest probability is below the threshold. The state machine has people look at the picture."""


class InvalidConfiguration(Exception):
    """THRESHOLD, CLASS_NAMES or LOADING_BAYS is missing or wrong. Raised when the function starts."""


class InvalidInput(Exception):
    """The event is not the body of image-classification."""


class InvalidInferences(Exception):
    """inferences is no list of probabilities."""


class ClassCountMismatch(Exception):
    """The model knows another number of classes than CLASS_NAMES names."""


# --- Read once per container -----------------------------------------------------------------------------


class Settings(NamedTuple):
    """What the deployment decides."""

    threshold: float
    class_names: tuple
    loading_bays: dict


def settings_from(environment):
    """The settings in the function's environment variables. Raises InvalidConfiguration."""
    threshold = _parsed(environment.get("THRESHOLD", ""))
    _require(
        type(threshold) in {int, float} and 0 < threshold <= 1,
        environment,
        "THRESHOLD",
        "a number above 0 and at most 1",
    )
    names = _parsed(environment.get("CLASS_NAMES", ""))
    _require(
        isinstance(names, list)
        and len(names) >= 2
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names),
        environment,
        "CLASS_NAMES",
        "a JSON list of two or more different names",
    )
    bays = _parsed(environment.get("LOADING_BAYS", ""))
    _require(
        isinstance(bays, dict) and all(isinstance(bays.get(name), str) and bays[name] for name in names),
        environment,
        "LOADING_BAYS",
        f"a JSON object with a bay for each of {names}",
    )
    return Settings(float(threshold), tuple(names), bays)


def _require(condition, environment, name, expected):
    if not condition:
        raise InvalidConfiguration(
            f"{name} must be {expected}, found {environment.get(name, '')[:80]!a}: deploy with it corrected"
        )


SETTINGS = settings_from(os.environ)
