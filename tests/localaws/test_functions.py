"""Lambda: deployed zips really run, fail as on AWS, and are logged."""

from __future__ import annotations

import base64
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import ClientOf
from .lambda_support import deploy, invoke, log_lines, messages, queue, role, role_of, unique, zipped

ECHO = "def handler(event, context): return event"


def test_a_function_answers_from_its_deployed_zip(aws: ClientOf) -> None:
    name = deploy(aws, "def handler(event, context): return {'sum': event['a'] + event['b']}")

    answer = invoke(aws, name, {"a": 1, "b": 2})

    assert answer["body"] == {"sum": 3}
    assert "FunctionError" not in answer


def test_the_context_and_environment_are_lambdas(aws: ClientOf) -> None:
    name = deploy(
        aws,
        """
        import os
        def handler(event, context):
            return {"arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
                    "left": context.get_remaining_time_in_millis(), "mine": os.environ["GREETING"],
                    "region": os.environ["AWS_REGION"], "version": context.function_version}
        """,
        Environment={"Variables": {"GREETING": "hello"}},
        MemorySize=256,
        Timeout=7,
    )

    body = invoke(aws, name)["body"]

    assert 0 < body.pop("left") <= 7000
    assert body == {
        "arn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        "memory": "256",
        "mine": "hello",
        "region": "us-east-1",
        "version": "$LATEST",
    }


def test_a_function_acts_under_its_own_role_against_local_aws(aws: ClientOf) -> None:
    arn = role(aws, unique("courier"))
    name = deploy(
        aws,
        "import boto3\ndef handler(event, context): return boto3.client('sts').get_caller_identity()['Arn']",
        role=arn,
    )

    assert (
        invoke(aws, name)["body"]
        == f"{arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{name}"
    )


def test_a_process_is_kept_warm_and_replaced_when_code_or_settings_change(aws: ClientOf) -> None:
    counting = "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n"
    name = deploy(aws, counting)
    warm = [invoke(aws, name)["body"] for _ in range(3)]

    aws("lambda").update_function_configuration(FunctionName=name, MemorySize=512)
    after_settings = invoke(aws, name)["body"]
    aws("lambda").update_function_code(FunctionName=name, ZipFile=zipped(counting.replace("n = 0", "n = 10")))
    after_code = invoke(aws, name)["body"]

    assert (warm, after_settings, after_code) == ([1, 2, 3], 1, 11)


def test_an_exception_comes_back_with_its_class_name_and_trace(aws: ClientOf) -> None:
    name = deploy(
        aws,
        """
        class NoSuchVehicle(Exception): pass
        def handler(event, context): raise NoSuchVehicle("a tricycle")
        """,
    )

    answer = invoke(aws, name)

    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert (answer["body"]["errorType"], answer["body"]["errorMessage"]) == ("NoSuchVehicle", "a tricycle")
    assert "raise NoSuchVehicle" in answer["body"]["stackTrace"][-1]


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import numpy\n" + ECHO, "Runtime.ImportModuleError", "No module named 'numpy'"),
        ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'handler'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'handler'"),
        (
            "import os\ndef handler(e, c): os._exit(3)",
            "Runtime.ExitError",
            "Runtime exited with error: exit status 3",
        ),
        ("import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "Runtime.ExitError", "signal: killed"),
        ("def handler(e, c): b'x' * 200_000_000", "Runtime.OutOfMemory", "signal: killed"),
        (
            "def handler(e, c):\n    big = b'x' * 200_000_000\n    while True: pass",
            "Runtime.OutOfMemory",
            "signal: killed",
        ),
        ("import os\nos._exit(0)", "Runtime.ExitError", "Runtime exited without providing a reason"),
        (
            "import time\ndef handler(e, c): time.sleep(60)",
            "Sandbox.Timedout",
            "Task timed out after 1.00 seconds",
        ),
        (
            "def handler(e, c): return 'x' * 7_000_000",
            "Function.ResponseSizeTooLarge",
            "maximum allowed payload",
        ),
        ("def handler(e, c): return {1, 2}", "Runtime.MarshalError", "not JSON serializable"),
    ],
)
def test_a_broken_function_fails_as_on_aws_and_the_next_call_too(
    aws: ClientOf, source: str, error_type: str, message: str
) -> None:
    name = deploy(aws, source, Timeout=1 if error_type == "Sandbox.Timedout" else 30)

    for _ in range(2):
        answer = invoke(aws, name)
        assert answer["FunctionError"] == "Unhandled"
        assert answer["body"]["errorType"] == error_type
        assert message in answer["body"]["errorMessage"]


def test_output_is_logged_between_start_and_report(aws: ClientOf) -> None:
    name = deploy(aws, "import logging\ndef handler(e, c):\n    print('one')\n    logging.warning('two')")

    tail = base64.b64decode(invoke(aws, name, LogType="Tail")["LogResult"]).decode()
    lines = log_lines(aws, f"/aws/lambda/{name}")

    assert [line.split()[0] for line in lines] == ["START", "one", "[WARNING]", "END", "REPORT"]
    assert "Max Memory Used" in lines[-1] and "Init Duration" in lines[-1]
    assert "one\n" in tail and "two\n" in tail


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def handler(e, c): return 1", ""),
        ("import time\ndef handler(e, c): time.sleep(60)", "Status: timeout"),
        ("import os\ndef handler(e, c): os._exit(3)", "Status: error\tError Type: Runtime.ExitError"),
        (
            "def handler(e, c): b'x' * 200_000_000",
            "Max Memory Used: 128 MB\tInit Duration: 0.00 ms\tStatus: error\tError Type: Runtime.OutOfMemory",
        ),
    ],
)
def test_the_report_has_the_platforms_status_and_bills_the_start(
    aws: ClientOf, source: str, told: str
) -> None:
    name = deploy(aws, source, Timeout=1 if "timeout" in told else 30)

    invoke(aws, name)

    report = log_lines(aws, f"/aws/lambda/{name}")[-1]
    parts = dict(part.split(": ") for part in report.strip().split("\t"))
    duration, billed, init = (
        float(parts[key].split()[0]) for key in ("Duration", "Billed Duration", "Init Duration")
    )
    assert abs(billed - (duration + init)) <= 1.01
    assert re.sub(r"Init Duration: [0-9.]+", "Init Duration: 0.00", report).strip().endswith(told)
    assert ("Status" in report) == bool(told)


def test_a_configured_log_group_is_used_and_read_back(aws: ClientOf) -> None:
    group = f"/scones/{unique('logs')}"
    name = deploy(
        aws, "def handler(e, c): print('here')", LoggingConfig={"LogFormat": "Text", "LogGroup": group}
    )

    invoke(aws, name)

    assert "here" in log_lines(aws, group)
    config = aws("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"]
    assert config == {"LogFormat": "Text", "LogGroup": group}


def test_calls_run_at_the_same_time_in_processes_of_their_own(aws: ClientOf) -> None:
    name = deploy(
        aws,
        """
        import os, pathlib, time
        def handler(event, context):  # returns once its twin has come
            meeting = pathlib.Path(__file__).parent
            (meeting / event["me"]).touch()
            while not (meeting / event["other"]).exists(): time.sleep(0.01)
            return os.getpid()
        """,
    )

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(invoke, aws, name, {"me": a, "other": b}) for a, b in ("xy", "yx")]

    assert len({call.result()["body"] for call in calls}) == 2


def test_reserved_concurrency_of_nought_throttles(aws: ClientOf) -> None:
    name = deploy(aws, ECHO)
    aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    with pytest.raises(aws("lambda").exceptions.TooManyRequestsException) as refused:
        invoke(aws, name)
    assert refused.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_as_many_processes_run_as_concurrency_is_reserved(aws: ClientOf) -> None:
    name = deploy(
        aws,
        """
        import boto3, json, os
        client = boto3.client("lambda")
        def handler(event, context):  # calls itself for as long as it may
            try:
                answer = client.invoke(FunctionName=context.function_name)
            except client.exceptions.TooManyRequestsException as error:
                return [os.getpid(), error.response["Reason"]]
            return [os.getpid(), *json.load(answer["Payload"])]
        """,
        Environment={"Variables": {"AWS_MAX_ATTEMPTS": "1"}},
    )
    aws("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)

    *pids, reason = invoke(aws, name)["body"]

    assert len(set(pids)) == len(pids) == 5
    assert reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_a_dry_run_runs_nothing(aws: ClientOf) -> None:
    name = deploy(aws, "def handler(e, c): raise RuntimeError")

    assert invoke(aws, name, InvocationType="DryRun")["StatusCode"] == 204


def test_an_asynchronous_failure_is_retried_and_becomes_a_dead_letter(aws: ClientOf) -> None:
    url, arn = queue(aws)
    name = deploy(aws, "def handler(e, c): raise ValueError('no')", DeadLetterConfig={"TargetArn": arn})
    aws("lambda").put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)

    assert invoke(aws, name, {"order": 7}, InvocationType="Event")["StatusCode"] == 202

    (letter,) = messages(aws, url)
    assert json.loads(letter["Body"]) == {"order": 7}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"
    assert sum(line.startswith("START") for line in log_lines(aws, f"/aws/lambda/{name}")) == 2


def test_a_dead_letter_that_the_functions_role_may_not_send_is_counted(aws: ClientOf) -> None:
    url, arn = queue(aws)
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    failing = "def handler(e, c): raise ValueError"
    sends = role_of(aws, "lambda", Action="sqs:SendMessage", Resource=arn)
    name = deploy(aws, failing, role=sends, DeadLetterConfig={"TargetArn": arn})
    aws("iam").delete_role_policy(RoleName=sends.rpartition("/")[2], PolicyName="may")
    aws("lambda").put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)

    invoke(aws, name, InvocationType="Event")

    asked = {"Namespace": "AWS/Lambda", "MetricName": "DeadLetterErrors"}
    asked |= {"Dimensions": [{"Name": "FunctionName", "Value": name}]}
    assert any(aws("cloudwatch").list_metrics(**asked)["Metrics"] or time.sleep(0.1) for _ in range(600))


def test_destinations_hear_of_success_and_failure(aws: ClientOf) -> None:
    url, arn = queue(aws)
    name = deploy(aws, "def handler(e, c): return 1 / e['by']")
    both = {"OnSuccess": {"Destination": arn}, "OnFailure": {"Destination": arn}}
    aws("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=both
    )

    invoke(aws, name, {"by": 4}, InvocationType="Event")
    (success,) = messages(aws, url)
    invoke(aws, name, {"by": 0}, InvocationType="Event")
    (failure,) = messages(aws, url)

    assert json.loads(success["Body"])["responsePayload"] == 0.25
    assert json.loads(failure["Body"])["requestContext"]["condition"] == "RetriesExhausted"
    assert json.loads(failure["Body"])["responsePayload"]["errorType"] == "ZeroDivisionError"


def test_dead_letter_and_default_logging_settings_read_back(aws: ClientOf) -> None:
    _, arn = queue(aws)
    name = deploy(aws, ECHO, DeadLetterConfig={"TargetArn": arn})

    config = aws("lambda").get_function(FunctionName=name)["Configuration"]

    assert config["DeadLetterConfig"] == {"TargetArn": arn}
    assert config["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}


def test_another_language_is_refused_by_name(aws: ClientOf) -> None:
    name = deploy(aws, ECHO)
    aws("lambda").update_function_configuration(FunctionName=name, Runtime="nodejs22.x")

    with pytest.raises(aws("lambda").exceptions.InvalidRuntimeException, match="not nodejs22.x"):
        invoke(aws, name)
