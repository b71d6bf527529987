"""S3 through boto3, where moto alone would fail."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientOf
from .sagemaker_toy import fresh


def test_a_bucket_that_is_not_there_is_not_found(aws: ClientOf) -> None:
    with pytest.raises(ClientError, match="404"):
        aws("s3").head_bucket(Bucket=fresh("bucket"))


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_a_versioned_bucket_is_emptied_of_versions_and_delete_markers(aws: ClientOf, status: str) -> None:
    s3, bucket = aws("s3"), fresh("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("one", "two"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
        s3.delete_object(Bucket=bucket, Key=key)
        s3.put_object(Bucket=bucket, Key=key, Body=b"2")
        s3.delete_object(Bucket=bucket, Key=key)

    # Terraform suspends versioning before it empties the bucket.
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    listed = s3.list_object_versions(Bucket=bucket)
    versions = [*listed["Versions"], *listed["DeleteMarkers"]]
    s3.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in versions]},
    )

    s3.delete_bucket(Bucket=bucket)
    assert len(versions) == 8
    assert bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]


def test_of_many_writers_who_want_no_object_there_exactly_one_writes(aws: ClientOf) -> None:
    s3, bucket = aws("s3"), fresh("bucket")
    s3.create_bucket(Bucket=bucket)

    def write(writer: int) -> str:
        try:
            s3.put_object(Bucket=bucket, Key=f"of {writer // 8}", Body=str(writer), IfNoneMatch="*")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "written"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(write, range(160)))

    assert [sorted(answers[i : i + 8]) for i in range(0, 160, 8)] == [
        ["PreconditionFailed"] * 7 + ["written"]
    ] * 20
