"""THRESHOLD_CONFIDENCE: the state machine's third task. Lets a confident answer pass, and stops any other.

Event:  the body of image-classification, flat or under "body"; "inferences" a list, or one as a JSON string
Result: {"statusCode": 200, "body": JSON string}: the same and vehicle, confidence, loading_bay, threshold

An answer passes when its largest probability is at least the threshold of its class, and its out-of-domain
score, where it has one, at most the limit, where there is one: equal is enough for both. Else the function
raises THRESHOLD_CONFIDENCE_NOT_MET, loudly, and the state machine sends the picture to people.
Every decision is one line of metrics in CloudWatch's embedded format, on standard output.
Environment: THRESHOLD (0 < number <= 1), CLASS_THRESHOLDS (JSON object: class name to another threshold),
OUT_OF_DOMAIN_LIMIT (0 <= number <= 1, or empty), CLASS_NAMES (JSON list, in the order of the model's labels),
LOADING_BAYS (JSON object: class name to bay), WORKFLOW and METRICS_NAMESPACE (what the metrics are found by).
"""

import json
import os
import time
from typing import NamedTuple

# Probabilities are printed from float32.
SUM_TOLERANCE = 0.001


def handler(event, _context):
    """Lambda's entry point."""
    return decide(event, SETTINGS)


def decide(event, settings, clock=time.time):
    """The vehicle in the picture and its loading bay. Raises THRESHOLD_CONFIDENCE_NOT_MET."""
    body = _body(event)
    inferences, score = _inferences(body, settings.class_names), _score(body)
    confidence = max(inferences)
    vehicle = settings.class_names[inferences.index(confidence)]
    threshold = settings.class_thresholds.get(vehicle, settings.threshold)
    doubt = _doubt(vehicle, confidence, threshold, score, settings.out_of_domain_limit)
    print(_metrics(settings, vehicle, confidence, score, not doubt, clock()))
    if doubt:
        uri = f"s3://{body.get('s3_bucket')}/{body.get('s3_key')}"
        raise THRESHOLD_CONFIDENCE_NOT_MET(f"{doubt} for {uri!a}: a person has to look at the picture")
    decision = {
        "vehicle": vehicle,
        "confidence": confidence,
        "loading_bay": settings.loading_bays[vehicle],
        "threshold": threshold,
    }
    return {"statusCode": 200, "body": json.dumps({**body, "inferences": inferences, **decision})}


def _doubt(vehicle, confidence, threshold, score, limit):
    """Which rules refuse the answer, in words; empty when none does. An unknown score refuses nothing."""
    doubts = []
    if confidence < threshold:
        doubts.append(f"confidence {confidence} for {vehicle} is below the threshold {threshold}")
    if score is not None and limit is not None and score > limit:
        doubts.append(f"out-of-domain score {score} is above the limit {limit}")
    return " and ".join(doubts)


def _metrics(settings, vehicle, confidence, score, is_accepted, seconds):
    """The decision as one line that CloudWatch makes metrics of. It holds no picture and no name of one.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    values = {"Confidence": confidence, "Accepted": int(is_accepted), "Refused": int(not is_accepted)}
    if score is not None:
        values["OutOfDomain"] = score
    directive = {
        "Namespace": settings.metrics_namespace,
        "Dimensions": [["Workflow"], ["Workflow", "Class"]],
        "Metrics": [
            {"Name": name, "Unit": "Count" if name in {"Accepted", "Refused"} else "None"} for name in values
        ],
    }
    found_by = {"Workflow": settings.workflow, "Class": vehicle}
    metadata = {"Timestamp": int(seconds * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, **found_by, **values})


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


def _score(body):
    """The out-of-domain score, None where it is not known. Raises InvalidInferences."""
    score = body.get("out_of_domain")
    if score is None or _is_share(score):
        return score
    raise InvalidInferences(
        f"out_of_domain must be a number from 0 to 1, found {json.dumps(score)[:80]}: "
        "check what the endpoint serves"
    )


def _parsed(text):
    """The value of a JSON text, or None where it is none. NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant):
    raise ValueError(f"{constant} is not JSON")


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


class THRESHOLD_CONFIDENCE_NOT_MET(Exception):
    """The answer is not sure enough, or the picture unlike those of the training: people have to look."""


class InvalidConfiguration(Exception):
    """An environment variable is missing or wrong. Raised when the function starts."""


class InvalidInput(Exception):
    """The event is not the body of image-classification."""


class InvalidInferences(Exception):
    """inferences is no list of probabilities, or out_of_domain no score."""


class ClassCountMismatch(Exception):
    """The model knows another number of classes than CLASS_NAMES names."""


# --- Read once per container -----------------------------------------------------------------------------


class Settings(NamedTuple):
    """What the deployment decides."""

    threshold: float
    class_thresholds: dict
    out_of_domain_limit: float | None
    class_names: tuple
    loading_bays: dict
    workflow: str
    metrics_namespace: str


def settings_from(environment):
    """The settings in the function's environment variables. Raises InvalidConfiguration."""
    threshold = _parsed(environment.get("THRESHOLD", ""))
    _require(_is_threshold(threshold), environment, "THRESHOLD", "a number above 0 and at most 1")
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
    exceptions = _parsed(environment.get("CLASS_THRESHOLDS", "{}"))
    _require(
        isinstance(exceptions, dict)
        and set(exceptions) <= set(names)
        and all(map(_is_threshold, exceptions.values())),
        environment,
        "CLASS_THRESHOLDS",
        f"a JSON object with numbers above 0 and at most 1 for any of {names}",
    )
    limit_text = environment.get("OUT_OF_DOMAIN_LIMIT", "")
    limit = _parsed(limit_text)
    _require(
        limit_text == "" or _is_share(limit),
        environment,
        "OUT_OF_DOMAIN_LIMIT",
        "a number from 0 to 1, or empty",
    )
    workflow = environment.get("WORKFLOW", "")
    _require(workflow.strip() != "", environment, "WORKFLOW", "the name that the metrics are found by")
    namespace = environment.get("METRICS_NAMESPACE", "") or "Scones/Classification"
    return Settings(float(threshold), exceptions, limit, tuple(names), bays, workflow, namespace)


def _is_threshold(value):
    return _is_share(value) and value > 0


def _require(condition, environment, name, expected):
    if not condition:
        raise InvalidConfiguration(
            f"{name} must be {expected}, found {environment.get(name, '')[:80]!a}: deploy with it corrected"
        )


SETTINGS = settings_from(os.environ)
