"""What moto's Amazon States Language engine gets wrong, mended in one place. `mend` runs before the engine is
loaded.

Each function below says what AWS does. What is more than a mended line has a module of its own:
distributed_map.py, job_tasks.py.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import deque
from functools import cache, lru_cache
from typing import Any

from . import credentials


@cache
def mend(endpoint_url: str) -> None:
    """Once."""
    # The engine logs every failed state, with its whole syntax tree: failures are answers here, told in the
    # history.
    logging.getLogger("moto.stepfunctions.parser").setLevel(logging.CRITICAL)
    _forget_threads()
    _find_one_value_at_a_definite_path()
    _call_as_the_role(endpoint_url)
    _evaluate_jsonata()
    _name_unmatched_choices()
    _name_missed_heartbeats()
    _name_lost_connections()
    _leave_terminal_errors_uncaught()
    from . import distributed_map, job_tasks

    distributed_map.install()
    job_tasks.install()
    _parse_once()


def _forget_threads() -> None:
    """The engine keeps every thread that it ever started, and with it what the thread worked on."""
    from moto.stepfunctions.parser import utils

    utils.TMP_THREADS = deque(maxlen=0)  # type: ignore[assignment]  # only ever appended to


def _find_one_value_at_a_definite_path() -> None:
    """A path of names and indices leads to a value, not to a list of one; and each path is parsed once."""
    from moto.stepfunctions.parser.asl.utils import json_path

    find: Any = json_path.extract_json
    json_path.parse = parse = lru_cache(maxsize=4096)(json_path.parse)
    definite = re.compile(r"\$(\.[^\[\].*?()@]+|\[\d+\]|\['[^']*'\])*")

    def extract_json(path: str, data: Any) -> Any:
        if definite.fullmatch(path) and (found := parse(path).find(data)):
            return found[0].value
        return find(path, data)

    json_path.extract_json = extract_json


def _parse_once() -> None:
    """A definition is parsed once, not for each execution: that takes longer than most executions."""
    from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    # What is parsed holds no state but a key that is made when first used; two threads might do that at once.
    EvalComponent.heap_key = property(lambda component: str(id(component)))  # type: ignore[assignment, method-assign]
    # A failure would have its whole syntax tree written out, for a log that is off.
    for name in ("_log_exception", "_log_failure_event_exception"):
        setattr(EvalComponent, name, lambda *_, **__: None)
    parse = lru_cache(maxsize=64)(AmazonStateLanguageParser.parse)
    AmazonStateLanguageParser.parse = staticmethod(parse)  # type: ignore[method-assign]


def _call_as_the_role(endpoint_url: str) -> None:
    """Tasks call services at this server with the state machine role's credentials (the engine has a fixed
    key)."""
    import boto3
    from botocore.config import Config
    from moto.stepfunctions.parser.asl.utils import boto_client

    config = Config(
        parameter_validation=False,
        retries={"max_attempts": 0, "total_max_attempts": 1},
        read_timeout=boto_client.TimeoutSeconds.DEFAULT_TIMEOUT_SECONDS,
        max_pool_connections=50,
    )
    clients: dict[tuple[str, str, str], Any] = {}
    make_client: Any = boto3.client  # its types know a service by its literal name only
    lock = threading.Lock()  # making a client is not thread-safe, using one is

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        role = credentials.assume(state_credentials.role_arn, "states", region)
        with lock:
            client = clients.get((region, service, role.access_key_id))
            if client is None:
                client = clients[region, service, role.access_key_id] = make_client(
                    service,
                    region_name=region,
                    endpoint_url=endpoint_url,
                    config=config,
                    **role.client_arguments(),
                )
        return client

    boto_client.boto_client_for = boto_client_for


def _evaluate_jsonata() -> None:
    """JSONata states work (the engine's evaluator is not wired to anything)."""
    from moto.stepfunctions.parser.asl.jsonata import jsonata

    def evaluate(expression: str) -> Any:
        from jsonata.jsonata import Jsonata

        try:
            return json.loads(json.dumps(Jsonata(expression).evaluate(None)))
        except Exception as error:
            raise jsonata.JSONataException("UNKNOWN", str(error)) from error

    jsonata._eval_jsonata = evaluate


def _name_unmatched_choices() -> None:
    """A Choice without a match and a default fails as States.NoChoiceMatched (the engine says
    States.Runtime)."""
    from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
        StatesErrorNameType,
    )
    from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    evaluate = StateChoice._eval_state

    def eval_state(state: Any, env: Any) -> None:
        try:
            evaluate(state, env)
        except RuntimeError as error:
            if not str(error.args[0]).startswith("No branching option"):
                raise
            details = ExecutionFailedEventDetails(
                error="States.NoChoiceMatched",
                cause=f"No choice rule of the state '{state.name}' matched, and it has no Default.",
            )
            raise failure_event.FailureEventException(
                failure_event.FailureEvent(
                    env=env,
                    error_name=StatesErrorName(StatesErrorNameType.StatesNoChoiceMatched),
                    event_type=HistoryEventType.ExecutionFailed,
                    event_details=EventDetails(executionFailedEventDetails=details),  # type: ignore[typeddict-item]
                )
            ) from error

    StateChoice._eval_state = eval_state  # type: ignore[method-assign, assignment]


def _name_missed_heartbeats() -> None:
    """A task that missed its HeartbeatSeconds fails as States.HeartbeatTimeout (the engine says
    States.Timeout)."""
    from moto.stepfunctions.parser.api import HistoryEventType, TaskTimedOutEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
        StatesErrorNameType,
    )
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
    from moto.stepfunctions.parser.asl.eval.callback.callback import HeartbeatTimeoutError
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    from_error = StateTask._from_error

    def name(state: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, HeartbeatTimeoutError):
            return from_error(state, env, ex)
        missed = StatesErrorNameType.StatesHeartbeatTimeout
        details = TaskTimedOutEventDetails(error=missed.to_name())
        return failure_event.FailureEvent(
            env=env,
            error_name=StatesErrorName(missed),
            event_type=HistoryEventType.TaskTimedOut,
            event_details=EventDetails(taskTimedOutEventDetails=details),  # type: ignore[typeddict-item]
        )

    StateTask._from_error = name  # type: ignore[method-assign, assignment]


def _name_lost_connections() -> None:
    """A call that was not answered fails as Lambda.SdkClientException, or its service's (the engine says
    States.Runtime, which nothing catches)."""
    from botocore.exceptions import BotoCoreError
    from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
    from moto.stepfunctions.parser.asl.component.common.error_name import failure_event
    from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
    from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

    spelled = {"lambda": "Lambda", "dynamodb": "DynamoDb", "events": "EventBridge", "states": "Sfn"}

    def name(state: Any, env: Any, ex: Exception) -> Any:
        if not isinstance(ex, BotoCoreError):
            return StateTask._from_error(state, env, ex)
        service = state.resource.api_name
        error = f"{spelled.get(service, service.upper())}.SdkClientException"
        details = TaskFailedEventDetails(
            error=error,
            cause=str(ex),
            resource=state._get_sfn_resource(),
            resourceType=state._get_sfn_resource_type(),
        )
        return failure_event.FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]
        )

    state_task_service.StateTaskService._from_error = name  # type: ignore[method-assign, assignment]


def _leave_terminal_errors_uncaught() -> None:
    """States.ALL catches neither States.DataLimitExceeded nor States.Runtime; the latter nothing catches."""
    from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
        StatesErrorNameType,
    )

    runtime = StatesErrorName(StatesErrorNameType.StatesRuntime)
    too_large = StatesErrorName(StatesErrorNameType.StatesStatesDataLimitExceeded)
    evaluate = ErrorEqualsDecl._eval_body

    def eval_body(declared: Any, env: Any) -> None:
        error = env.stack[-1]
        if error == runtime or (error == too_large and too_large not in declared.error_names):
            env.stack.pop()
            env.stack.append(False)
        else:
            evaluate(declared, env)

    ErrorEqualsDecl._eval_body = eval_body  # type: ignore[method-assign, assignment]
