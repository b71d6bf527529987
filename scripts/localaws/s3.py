"""S3: object events on EventBridge as S3 words them, and bucket policies whose conditions are read.

Real: Object Created / Deleted / Tags Added events with their own ids, sequencers, reasons and version ids;
the EventBridge switch reads back.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
import uuid
from typing import Any

from moto.s3 import models, notifications, responses

from . import events
from .permissions import enforcement
from .settings import Settings

_sequence = itertools.count(time.time_ns())
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}


class LiveBucket(models.FakeBucket):
    """moto's bucket; its policy, with its conditions, for those whom no role's permissions hold back."""

    def get_permission(self, action: str, resource: str) -> Any:
        from moto.iam.access_control import PermissionResult

        said = enforcement.by_resource(action, resource)
        return {
            None: PermissionResult.NEUTRAL,
            True: PermissionResult.PERMITTED,
            False: PermissionResult.DENIED,
        }[said]


def send_event_bridge_message(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    detail_type = notifications._detail_type(event_name)
    name = event_name.removeprefix("s3:")
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": {"key": key.name, "sequencer": f"{next(_sequence):016X}"},
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
    }
    if bucket.is_versioned:
        detail["object"]["version-id"] = key.version_id
    if detail_type == "Object Created":
        detail["object"].update(size=key.size, etag=key.etag.strip('"'))
    if name in _REASONS:
        detail["reason"] = _REASONS[name]
    if detail_type == "Object Deleted":
        marker = bucket.is_versioned or name.endswith("MarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
    events.publish(
        account_id,
        bucket.region_name,
        source="aws.s3",
        detail_type=detail_type,
        resources=[bucket.arn],
        detail=detail,
    )


def install(_settings: Settings) -> None:
    """Buckets made from now on are live."""
    models.FakeBucket = LiveBucket  # type: ignore[misc]  # create_bucket makes this class
    notifications._send_event_bridge_message = send_event_bridge_message
    # moto closes the file behind each version of a key that goes for good; a delete marker has no file, and
    # lacks the method, which is met when the versioning of a bucket has been suspended.
    models.FakeDeleteMarker.dispose = lambda _self: None  # type: ignore[attr-defined]
    _announce_only_tags_that_exist()
    _write_conditionally_one_at_a_time()
    _read_the_event_bridge_switch_back()


def _announce_only_tags_that_exist() -> None:
    """moto announces "Object Tags Added" for every put, also of no tags: a second start for who listens to
    all events."""
    send = notifications.send_event

    def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        if event_name == notifications.S3NotificationEvent.OBJECT_TAGGING_PUT_EVENT:
            backend = models.s3_backends[account_id][bucket.partition]
            if not backend.tagger.get_tag_dict_for_resource(key.arn):
                return
        send(account_id, event_name, bucket, key)

    notifications.send_event = send_event


def _write_conditionally_one_at_a_time() -> None:
    """moto looks whether an object is there and writes it later: of two who ask at once both could write."""
    put, lock = responses.S3Response.put_object, threading.Lock()

    def put_object(self: Any) -> Any:
        if not (self.headers.get("If-None-Match") or self.headers.get("If-Match")):
            return put(self)
        with lock:
            return put(self)

    responses.S3Response.put_object = put_object  # type: ignore[method-assign]


def _read_the_event_bridge_switch_back() -> None:
    """moto keeps the EventBridge configuration and leaves it out when asked, so that Terraform would set it
    for ever."""
    get = responses.S3Response.get_bucket_notification

    def get_bucket_notification(self: Any) -> Any:
        status, headers, body = get(self)
        configuration = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if configuration is not None and configuration.event_bridge is not None:
            text = body.decode() if isinstance(body, bytes) else body
            text = re.sub(r"(<NotificationConfiguration[^>]*?)/>", r"\1></NotificationConfiguration>", text)
            end = "</NotificationConfiguration>"
            body = text.replace(end, f"<EventBridgeConfiguration/>{end}")
            headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        return status, headers, body

    responses.S3Response.get_bucket_notification = get_bucket_notification  # type: ignore[method-assign]
