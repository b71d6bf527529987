"""Who looks at which message. SQS hides a message from everybody else for as long as it is claimed.

Each receipt counts as one time shown, and after some of those the queue moves a message to its dead-letter
queue. It is not lost there: what was shown again and again and never decided is asked about last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CLAIM_SECONDS = 120  # how soon somebody else gets what a process that died was looking at
WAIT_SECONDS = 1  # above 0 SQS asks all of its servers: only then does no message mean that there is none
AT_ONCE = 10  # SQS's limit

# The claim has run out or the message is gone: then there is nothing to keep or to give back.
_OVER = ("ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight")


@dataclass(frozen=True)
class Claim:
    """A message that is hidden from everybody else for a while, and what it is answered by."""

    queue_url: str
    message_id: str
    receipt: str
    body: str


class ReviewQueue:
    """The review queue and, behind it, its dead-letter queue where it has one."""

    def __init__(
        self,
        sqs: SQSClient,
        url: str,
        claim_seconds: int = CLAIM_SECONDS,
        wait_seconds: int = WAIT_SECONDS,
    ) -> None:
        self._sqs, self._wait_seconds = sqs, wait_seconds
        self._urls = [url, *_dead_letter_url(sqs, url)]
        self.claim_seconds = claim_seconds

    def count(self) -> tuple[int, int]:
        """Return how many messages wait, and how many are claimed. SQS gives both approximately."""
        waiting = claimed = 0
        for url in self._urls:
            found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            waiting += int(found.get("ApproximateNumberOfMessages", 0))
            claimed += int(found.get("ApproximateNumberOfMessagesNotVisible", 0))
        return waiting, claimed

    def claim(self, at_most: int = 1) -> list[Claim]:
        """Claim some messages that wait; none when none does."""
        for url in self._urls:
            answer = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(at_most, AT_ONCE),
                VisibilityTimeout=self.claim_seconds,
                WaitTimeSeconds=self._wait_seconds,
            )
            if answer.get("Messages"):
                return [
                    Claim(url, one["MessageId"], one["ReceiptHandle"], one["Body"])
                    for one in answer["Messages"]
                ]
        return []

    def keep(self, claim: Claim) -> None:
        """Claim for another while."""
        self._hide(claim, self.claim_seconds)

    def give_back(self, claims: Iterable[Claim]) -> None:
        """Let everybody have them at once."""
        for claim in claims:
            self._hide(claim, 0)

    def remove(self, claim: Claim) -> None:
        """Delete the message. Nothing happens when somebody has done so already.

        After the claim has run out SQS may keep the message: whoever gets it then finds the label.
        """
        try:
            self._sqs.delete_message(QueueUrl=claim.queue_url, ReceiptHandle=claim.receipt)
        except ClientError as error:
            if not _is_over(error):
                raise

    def _hide(self, claim: Claim, seconds: int) -> None:
        try:
            self._sqs.change_message_visibility(
                QueueUrl=claim.queue_url, ReceiptHandle=claim.receipt, VisibilityTimeout=seconds
            )
        except ClientError as error:
            if not _is_over(error):
                raise


def _is_over(error: ClientError) -> bool:
    return error.response["Error"]["Code"].rpartition(".")[2] in _OVER


def _dead_letter_url(sqs: SQSClient, url: str) -> list[str]:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    policy = answer.get("Attributes", {}).get("RedrivePolicy")
    if not policy:
        return []
    account, name = json.loads(policy)["deadLetterTargetArn"].split(":")[-2:]
    return [sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]]
