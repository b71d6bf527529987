"""Roles made for a test, and clients that act as them."""

from __future__ import annotations

import json
import uuid
from typing import Any

import boto3
import pytest
from botocore.config import Config

from ..conftest import REGION, ClientOf
from .documents import ACCOUNT, Statement, document

TRUST = document(
    {
        "Effect": "Allow",
        "Principal": {
            "AWS": ACCOUNT,
            "Service": [f"{name}.amazonaws.com" for name in ("lambda", "states", "events")],
        },
        "Action": "sts:AssumeRole",
    }
)


class Account:
    """What a test makes, and those who act in it."""

    def __init__(self, aws: ClientOf, endpoint_url: str) -> None:
        self.aws, self.endpoint_url = aws, endpoint_url

    def role(self, *statements: Statement, trust: str = TRUST, **settings: Any) -> str:
        """The name of a new role with one inline policy."""
        name = f"role-{uuid.uuid4().hex[:8]}"
        self.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, **settings)
        if statements:
            self.may(name, *statements)
        return name

    def may(self, role: str, *statements: Statement) -> None:
        """From now on, and nothing else."""
        self.aws("iam").put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=document(*statements))

    def managed(self, *statements: Statement) -> str:
        """The ARN of a new managed policy."""
        name = f"policy-{uuid.uuid4().hex[:8]}"
        made = self.aws("iam").create_policy(PolicyName=name, PolicyDocument=document(*statements))
        return str(made["Policy"]["Arn"])

    def acting(self, role: str, service: str, policy: str | None = None) -> Any:
        """A client with a session of the role."""
        limits = {"Policy": policy} if policy else {}
        assumed = self.aws("sts").assume_role(RoleArn=arn(role), RoleSessionName="tester", **limits)
        keys = assumed["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"max_attempts": 1}, read_timeout=60),
        )

    def bucket(self, *statements: Statement, key_id: str | None = None) -> str:
        """The name of a new bucket with in/a.png and out/a.png."""
        name, s3 = f"bucket-{uuid.uuid4().hex[:8]}", self.aws("s3")
        s3.create_bucket(Bucket=name)
        if key_id:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_id}
            rules = [{"ApplyServerSideEncryptionByDefault": default}]
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
        for key in ("in/a.png", "out/a.png"):
            s3.put_object(Bucket=name, Key=key, Body=b"picture")
        return name

    def key(self, *statements: Statement) -> str:
        """The ARN of a new key; without statements the account's own policies decide."""
        policy = {"Policy": document(*statements)} if statements else {}
        return str(self.aws("kms").create_key(**policy)["KeyMetadata"]["Arn"])


def arn(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


@pytest.fixture
def account(aws: ClientOf, endpoint_url: str) -> Account:
    return Account(aws, endpoint_url)


def trusting(**statement: Any) -> str:
    return json.dumps({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", **statement}})
