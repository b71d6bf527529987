"""Stands for each of the three functions in tests of the state machine. The input says how it acts.

The input's "script" has an entry a state, each with any of
    error      raise an exception of this name, with the text in "message"
    times      only the first so many times
    sleep      seconds to take before anything else
"""

import json
import os
import time
from pathlib import Path


def handler(event, _context):
    """Do as the script says, else what the real function would."""
    if not isinstance(event, dict) or not event.get("s3_key"):
        raise _named("InvalidInput")("no s3_key")
    state = os.environ["STATE"]
    script = event.get("script", {}).get(state, {})
    time.sleep(script.get("sleep", 0))
    if "error" in script and _count(event["s3_key"], state) <= script.get("times", 99):
        raise _named(script["error"])(script.get("message", "as the script says"))
    return {"statusCode": 200, "body": BODIES[state](event)}


def _named(error):
    return type(error, (Exception,), {})


def _count(key, state):
    """How often this state was entered for this key. On disk, since a retry may meet another container."""
    calls = Path(os.environ["CALLS"]) / f"{key.replace('/', '-')}-{state}"
    with calls.open("a") as file:
        file.write(".")
    return calls.stat().st_size


BODIES = {
    "serializeImageData": lambda event: {**event, "image_data": "iVBORw0KGgo=", "inferences": []},
    "image-classification": lambda event: {**event, "inferences": [0.97, 0.03], "inference_id": "0b5b4f0e"},
    "THRESHOLD_CONFIDENCE": lambda event: json.dumps({**event, "vehicle": "bicycle", "loading_bay": "bay 1"}),
}
