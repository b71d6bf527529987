"""What processing and transform jobs have in common: a record, a thread in which they run, and lists."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError

from ..settings import Settings
from .storage import ClientError, Storage, reason

ENDED = ("Completed", "Failed", "Stopped")

log = logging.getLogger("localaws")


class Failure(Exception):
    """Why a job failed, as FailureReason says it."""


class Job:
    """A job that runs in a thread of its own. A subclass names its kind and does the work.

    The attributes are those that moto's tagging reads.
    """

    kind: ClassVar[str]  # Processing or Transform: how its members are named

    def __init__(self, request: dict[str, Any], arn: str, settings: Settings, role_arn: str) -> None:
        self.request, self.arn, self.settings = request, arn, settings
        self.name: str = request[f"{self.kind}JobName"]
        self.tags: list[dict[str, str]] = request.get("Tags") or []
        self.status = "InProgress"
        self.creation_time = self.last_modified_time = utcnow()
        self.start_time: datetime | None = None
        self.end_time: datetime | None = None
        self.failure_reason: str | None = None
        self.base = settings.folder(self.kind.lower(), self.name)
        self.storage = Storage(settings, role_arn)
        self.stopping = threading.Event()
        self._ending = threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"{self.kind}-{self.name}", daemon=True).start()

    def stop(self) -> None:
        """Raises ValidationError when it is over."""
        with self._ending:
            if self.status in ENDED:
                raise ValidationError(
                    f"The request was rejected because the {self.kind.lower()} job is in status "
                    f"{self.status}."
                )
            self.status, self.last_modified_time = "Stopping", utcnow()
        self.stopping.set()
        self.interrupt()

    def work(self) -> None:
        """Do it. Raises Failure."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Make `work` return soon: `stopping` is set."""

    def describe(self) -> dict[str, Any]:
        """The description; the request's own fields bear the same names."""
        answer = {
            **self.request,
            **self.summary(),
            f"{self.kind}StartTime": self.start_time,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        answer = {
            f"{self.kind}JobName": self.name,
            f"{self.kind}JobArn": self.arn,
            f"{self.kind}JobStatus": self.status,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            f"{self.kind}EndTime": self.end_time,
            "FailureReason": self.failure_reason,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def fetch(self, uri: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self.storage.fetch_prefix(uri, folder)
        except ClientError as error:
            raise Failure(f"ClientError: Data download failed:{reason(error)}") from error

    def put(self, uri: str, body: bytes, key: str | None) -> None:
        try:
            self.storage.put(uri, body, key)
        except ClientError as error:
            raise Failure(f"ClientError: Artifact upload failed:{reason(error)}") from error

    def _run(self) -> None:
        self.start_time, failure = utcnow(), None
        try:
            self.work()
        except Failure as error:
            failure = str(error)
        except Exception:  # a job must end; what went wrong here is local AWS's fault and belongs in its log
            log.exception("%s job %s", self.kind, self.name)
            failure = "InternalServerError: local AWS failed; see its log."
        finally:
            shutil.rmtree(self.base, ignore_errors=True)
        with self._ending:
            self.end_time = self.last_modified_time = utcnow()
            if self.stopping.is_set():
                self.status = "Stopped"
            else:
                self.failure_reason = failure
                self.status = "Failed" if failure else "Completed"  # last: who sees it may read the rest


def page(kind: str, summaries: Iterable[dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    """A List operation's answer: what its filters leave, in the order and the pages that are asked for."""
    fields = {"Name": f"{kind}JobName", "CreationTime": "CreationTime", "Status": f"{kind}JobStatus"}
    found = [one for one in summaries if _is_asked(one, fields, request)]
    field = fields[request.get("SortBy", "CreationTime")]
    found.sort(key=lambda one: one[field], reverse=request.get("SortOrder") == "Descending")
    start, size = int(request.get("NextToken", 0)), request.get("MaxResults", 10)
    token = str(start + size) if start + size < len(found) else None
    return {f"{kind}JobSummaries": found[start : start + size], "NextToken": token}


def _is_asked(one: Mapping[str, Any], fields: Mapping[str, str], request: Mapping[str, Any]) -> bool:
    for time in ("CreationTime", "LastModifiedTime"):
        after, before = request.get(f"{time}After"), request.get(f"{time}Before")
        if (after and one[time] <= _naive(after)) or (before and one[time] >= _naive(before)):
            return False
    return request.get("NameContains", "") in one[fields["Name"]] and (
        request.get("StatusEquals") in (None, one[fields["Status"]])
    )


def _naive(moment: datetime) -> datetime:
    """As moto keeps times: in UTC, without saying so."""
    return moment.replace(tzinfo=None)
