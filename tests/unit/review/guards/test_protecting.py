"""What guards a bucket or a log group comes with it, and may go with it."""

import pytest

from scones.review.plan import UNKNOWN
from unit.review.guards.things import (
    BUCKET,
    DENY_PLAIN,
    GROUP,
    NEW_BUCKET,
    block,
    bucket_key,
    bucket_policy,
    entry,
    lifecycle,
    tripped,
    versions,
)


def test_what_guards_a_bucket_may_go_with_it() -> None:
    found = tripped(
        entry("aws_s3_bucket", BUCKET, None),
        entry("aws_s3_bucket_public_access_block", block(), None),
        entry("aws_s3_bucket_versioning", versions("Enabled"), None),
        entry("aws_s3_bucket_server_side_encryption_configuration", bucket_key(), None),
        entry("aws_s3_bucket_policy", bucket_policy(DENY_PLAIN), None),
    )

    assert set(found) == {"destroys-bucket"}


def test_a_lifecycle_of_a_new_bucket_says_what_was_meant_from_the_start() -> None:
    made = entry("aws_s3_bucket", None, BUCKET)
    first = entry("aws_s3_bucket_lifecycle_configuration", None, lifecycle(30))

    assert "destroys-data" not in tripped(made, first)


def test_a_bucket_is_born_with_all_that_protects_it() -> None:
    assert tripped(*NEW_BUCKET) == {}


@pytest.mark.parametrize(
    ("missing", "gate", "words"),
    [
        (1, "public-access", "bucket data is new and has no public-access block"),
        (2, "encryption", "bucket data is new and says nothing of its encryption"),
        (3, "versioning", "bucket data is new and keeps no versions"),
        (4, "tls-only", "bucket data is new and takes requests without TLS"),
    ],
)
def test_a_bucket_that_is_born_without_one_of_them_trips(missing: int, gate: str, words: str) -> None:
    left = [one for place, one in enumerate(NEW_BUCKET) if place != missing]
    other = NEW_BUCKET[missing]
    elsewhere = other | {"change": other["change"] | {"after": other["change"]["after"] | {"bucket": "else"}}}

    assert tripped(*left) == {gate: [words]}
    assert tripped(*left, elsewhere)[gate] == [words]


def test_a_bucket_whose_name_is_not_known_yet_is_protected_by_its_module() -> None:
    nameless = [
        one | {"change": one["change"] | {"after": one["change"]["after"] | {"bucket": UNKNOWN}}}
        for one in NEW_BUCKET
    ]

    assert tripped(*nameless) == {}
    assert set(tripped(nameless[0])) == {"public-access", "encryption", "versioning", "tls-only"}


def test_a_log_group_is_born_with_a_key_where_others_have_one() -> None:
    bare = {"name": "new", "retention_in_days": 30}
    new = entry("aws_cloudwatch_log_group", None, bare)
    other = entry("aws_cloudwatch_log_group", GROUP, GROUP)

    assert tripped(new) == {}
    assert tripped(new, other) == {
        "encryption": ["log group new is new and has no key, as other log groups have"]
    }
