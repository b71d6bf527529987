"""What staging has to do: compare what the bucket should hold with what it holds, and return a plan.

How one knows, without reading thousands of objects, that an object has the right content: an index in the
bucket, manifests/objects.json, notes for each object its SHA-256 and the ETag that S3 gave it when it was
written. A listing tells every ETag in a few calls. An object that still has the noted ETag has not been
written since, so its content is the noted one. (An ETag alone tells nothing about the content: under KMS
encryption it is no MD5.)

The data manifest, manifests/data.json, vouches for the whole: it is removed before the first change and
written after the last, so that an interrupted run or a mixture of two data sets is never taken for a data
set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scones.staging.objects import BACKGROUND_LISTS, PREFIXES, Item

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INDEX_KEY = "manifests/objects.json"
MANIFEST_KEY = "manifests/data.json"

# Prefixes of all objects of a data set, its .lst files among them.
LISTED = ("train", "test", "validation", "background")


@dataclass(frozen=True)
class Entry:
    """The index's note on one object: the content it was written with, and the ETag it was given."""

    sha256: str
    etag: str


@dataclass(frozen=True)
class Contents:
    """What the bucket holds: each listed object's ETag, the index, and the data manifest if there is one."""

    etags: Mapping[str, str]
    index: Mapping[str, Entry]
    manifest: Mapping[str, Any] | None


@dataclass(frozen=True)
class Plan:
    """What a run will do, in this order: upload, remove, then write index and manifest."""

    upload: Sequence[Item]
    remove: Sequence[str]
    keep: Mapping[str, Entry]
    manifest: Mapping[str, Any]
    manifest_is_current: bool

    @property
    def changes_nothing(self) -> bool:
        """Say whether the bucket is already as it should be."""
        return not self.upload and not self.remove and self.manifest_is_current

    def lines(self) -> list[str]:
        """The plan for people, a line an action."""
        actions = [f"upload {item.key} ({len(item.body):,} bytes)" for item in self.upload]
        actions += [f"remove {key}" for key in self.remove]
        if not self.changes_nothing:
            actions += [f"write {INDEX_KEY}", f"write {MANIFEST_KEY}"]
        return actions


def make_plan(items: Sequence[Item], contents: Contents, manifest: Mapping[str, Any]) -> Plan:
    """Return what it takes to make the bucket hold exactly `items`, with `manifest` to vouch for them."""
    keep = {item.key: contents.index[item.key] for item in items if _is_there(item, contents)}
    wanted = {item.key for item in items}
    return Plan(
        upload=[item for item in items if item.key not in keep],
        remove=sorted(key for key in contents.etags if _is_ours(key) and key not in wanted),
        keep=keep,
        manifest=manifest,
        manifest_is_current=contents.manifest == manifest,
    )


def _is_ours(key: str) -> bool:
    """Say whether nothing but staging writes this object."""
    return key.startswith(PREFIXES) or key in BACKGROUND_LISTS


def _is_there(item: Item, contents: Contents) -> bool:
    return contents.index.get(item.key) == Entry(item.sha256.hex(), contents.etags.get(item.key, ""))


# ---- Reading the bucket ------------------------------------------------------------------------------------


def read_contents(s3: S3Client, bucket: str) -> Contents:
    """Read what `make_plan` needs to know of the bucket: four listings and two small objects."""
    pages = s3.get_paginator("list_objects_v2")
    etags = {
        entry["Key"]: entry["ETag"].strip('"')
        for prefix in LISTED
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for entry in page.get("Contents", [])
    }
    return Contents(etags, _read_index(s3, bucket), _read_json(s3, bucket, MANIFEST_KEY))


def _read_index(s3: S3Client, bucket: str) -> dict[str, Entry]:
    notes = _read_json(s3, bucket, INDEX_KEY) or {}
    try:
        return {key: Entry(sha256, etag) for key, (sha256, etag) in notes.items()}
    except (TypeError, ValueError):
        return {}  # a damaged index costs an upload that was not needed, nothing else


def _read_json(s3: S3Client, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        content = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def index_body(entries: Mapping[str, Entry]) -> bytes:
    """Return the index's content: {key: [SHA-256, ETag]}."""
    notes = {key: [entry.sha256, entry.etag] for key, entry in sorted(entries.items())}
    return json.dumps(notes, separators=(",", ":")).encode()
