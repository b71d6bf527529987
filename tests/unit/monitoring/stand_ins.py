"""Functions that stand for the deployed ones, before an endpoint that there is not.

classify captures what an endpoint would have: pictures under drift-demo/ are dark and unlike any.
monitor_drift is the real function, and then does what CloudWatch does with its metric. script.json in the
bucket says how they act otherwise: {"heard": false} leaves the alarms as they are, {"clean": "strange"} makes
all strange, {"unreadable": true} lets pictures under drift-demo/ fail.
"""

import json
import os
import time
import uuid

import boto3

S3, CLOUDWATCH = boto3.client("s3"), boto3.client("cloudwatch")


def serialize(event, _context):
    """Read nothing: what a picture shows is in its name."""
    if script().get("unreadable") and event["s3_key"].startswith("drift-demo/"):
        raise ImageAccessDenied("this function's role may not read drift-demo/")
    return {"statusCode": 200, "body": {**event, "image_data": ""}}


def classify(event, context):
    """Answer, and capture the answer."""
    strange = event["s3_key"].startswith("drift-demo/") or script().get("clean") == "strange"
    answer = {
        "probabilities": [0.97, 0.03],
        "out_of_domain": 0.9 if strange else 0.05,
        "statistics": dict.fromkeys(("brightness", "red", "green", "blue"), 0.1 if strange else 0.5),
    }
    if not strange and hash(context.aws_request_id) % 2:
        answer["statistics"] = dict.fromkeys(answer["statistics"], 0.6)
    now = time.gmtime()
    output = {"mode": "OUTPUT", "encoding": "JSON", "data": json.dumps(answer)}
    record = {
        "captureData": {"endpointOutput": output},
        "eventMetadata": {
            "eventId": str(uuid.uuid4()),
            "inferenceId": context.aws_request_id,
            "inferenceTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
        },
        "eventVersion": "0",
    }
    folder = f"data_capture/{os.environ['NAME']}/AllTraffic/{time.strftime('%Y/%m/%d/%H', now)}"
    body = json.dumps(record).encode() + b"\n"
    S3.put_object(Bucket=os.environ["BUCKET"], Key=f"{folder}/{uuid.uuid4()}.jsonl", Body=body)
    found = {"inferences": answer["probabilities"], "inference_id": context.aws_request_id}
    return {"statusCode": 200, "body": {**event, **found}}


def threshold(event, _context):
    """Let everything pass."""
    return {"statusCode": 200, "body": json.dumps(event)}


def monitor_drift(event, context):
    """Do as the real one does, and turn its verdict into the alarm's state."""
    import handler

    report = handler.handler(event, context)
    if script().get("heard", True) and report["drifted"] is not None:
        state = "ALARM" if report["drifted"] else "OK"
        CLOUDWATCH.set_alarm_state(
            AlarmName=f"{os.environ['NAME']}-drift", StateValue=state, StateReason="the report says so"
        )
    return report


def script():
    try:
        return json.loads(S3.get_object(Bucket=os.environ["BUCKET"], Key="script.json")["Body"].read())
    except S3.exceptions.NoSuchKey:
        return {}


class ImageAccessDenied(Exception):
    """As the real function names it."""
