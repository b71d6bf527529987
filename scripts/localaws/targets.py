"""Delivering a JSON text to an ARN: what EventBridge targets, function destinations and dead letters have in
common."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

from . import clock, logs

NO_PERMISSIONS = "NO_PERMISSIONS"


class UndeliverableError(Exception):
    """The target cannot be reached: `code` is AWS's word for why (dead letters carry it)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Sender(NamedTuple):
    """Who delivers: a service, for the sake of one of its resources, and as a role if it was given one."""

    service: str  # such as events.amazonaws.com
    source_arn: str
    role_arn: str | None = None


class Delivery(NamedTuple):
    sender: Sender
    arn: str
    text: str
    attributes: Mapping[str, str] = {}  # of a message; other kinds of target have none
    group_id: str | None = None  # of a FIFO queue's message

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def account_id(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        """The ARN's last parts: a queue's or a log group's name."""
        return self.arn.split(":", 5)[5]


def _nothing(_sender: Sender, _action: str, _resource: str) -> str | None:
    return None


# Why a sender may not call an action on a resource; None when it may. Permissions put their own here.
refusal: Callable[[Sender, str, str], str | None] = _nothing


def deliver(delivery: Delivery) -> None:
    """Raises UndeliverableError when the target is missing, of a kind not supported here, or not for the
    sender."""
    action, send = _WAYS.get(delivery.arn.split(":")[2], ("", None))
    if send is None:
        raise UndeliverableError("UNSUPPORTED_TARGET", f"local AWS does not deliver to {delivery.arn}")
    if action and (refused := refusal(delivery.sender, action, delivery.arn)):
        raise UndeliverableError(NO_PERMISSIONS, refused)
    try:
        send(delivery)
    except UndeliverableError:
        raise
    except Exception as error:  # whatever the service says is the dead letter's reason
        code = getattr(error, "error_type", None) or type(error).__name__
        raise UndeliverableError(code, str(error)) from error


def _to_queue(delivery: Delivery) -> None:
    from moto.sqs.models import sqs_backends

    typed = {key: {"DataType": "String", "StringValue": value} for key, value in delivery.attributes.items()}
    backend = sqs_backends[delivery.account_id][delivery.region]
    backend.send_message(
        queue_name=delivery.name,
        message_body=delivery.text,
        message_attributes=typed,
        group_id=delivery.group_id,
    )


def _to_topic(delivery: Delivery) -> None:
    from moto.sns.models import sns_backends

    typed = {key: {"Type": "String", "Value": value} for key, value in delivery.attributes.items()}
    backend = sns_backends[delivery.account_id][delivery.region]
    backend.publish(delivery.text, arn=delivery.arn, message_attributes=typed)


def _to_function(delivery: Delivery) -> None:
    from moto.awslambda.models import lambda_backends

    function = lambda_backends[delivery.account_id][delivery.region].get_function(delivery.arn)
    function.invoke(delivery.text, {}, {})  # without an invocation type: asynchronous


def _to_state_machine(delivery: Delivery) -> None:
    from .stepfunctions import backend

    backend(delivery.account_id, delivery.region).start_execution(
        delivery.arn, str(uuid.uuid4()), delivery.text, None
    )


def _to_log_group(delivery: Delivery) -> None:
    group = delivery.name.removeprefix("log-group:").removesuffix(":*")
    stream = str(uuid.uuid4())
    logs.put(delivery.account_id, delivery.region, group, stream, [delivery.text], make_group=False)


_WAYS: dict[str, tuple[str, Callable[[Delivery], None]]] = {
    "sqs": ("sqs:SendMessage", _to_queue),
    "sns": ("sns:Publish", _to_topic),
    "lambda": ("lambda:InvokeFunction", _to_function),
    "states": ("states:StartExecution", _to_state_machine),
    "logs": ("logs:PutLogEvents", _to_log_group),
    "autoscaling": ("", lambda _: clock.stir()),  # its policies look at their alarms themselves
}
