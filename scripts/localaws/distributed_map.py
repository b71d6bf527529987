"""Distributed maps: batches, listings of any length, tolerated failures, results in files.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html

Imported by engine.mend only. Real: ItemReader of JSON, CSV and listObjectsV2 (all pages), ItemSelector,
ItemBatcher, MaxConcurrency, tolerated counts and percentages, ResultWriter with its manifest and files, map
runs with their counts, child executions in ListExecutions. Not real: more than 40 child executions at once,
other readers (JSONL, manifests, Parquet), WriterConfig; what runs when too much has failed is not aborted; a
child's history and DescribeExecution.
"""

from __future__ import annotations

import datetime
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import (
    resource_eval_s3 as reader_s3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.item_reader_decl import (
    ItemReader,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import (
    resource_eval_s3 as writer_s3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.result_writer_decl import (
    ResultWriter,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import StateParallel
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramStopped
from moto.stepfunctions.parser.asl.parse import asl_parser
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.quotas import is_within_size_quota

AT_ONCE = 40  # child executions; AWS: 10,000
_COUNTED = ("pending", "running", "succeeded", "failed", "aborted", "total", "results_written")
DistributedMap: Any = distributed_iteration_component.DistributedIterationComponent
S3Reader: Any = reader_s3.ResourceEvalS3
S3Writer: Any = writer_s3.ResourceEvalS3


@dataclass
class Child:
    """A child execution: one item, or one batch of them."""

    arn: str
    machine_arn: str
    items: int
    given: Any
    status: str = "PENDING"
    output: Any = None
    error: str | None = None
    cause: str | None = None
    started: datetime.datetime | None = None
    stopped: datetime.datetime | None = None

    def summary(self, map_run_arn: str) -> dict[str, Any]:
        """As ListExecutions has it."""
        told: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "mapRunArn": map_run_arn,
        }
        dates = {"startDate": self.started, "stopDate": self.stopped}
        told |= {"name": self.arn.rsplit(":", 1)[1], "status": self.status, "itemCount": self.items}
        return told | {name: date for name, date in dates.items() if date}

    def result(self) -> dict[str, Any]:
        """As a result file has it."""
        told: dict[str, Any] = {
            "ExecutionArn": self.arn,
            "Input": to_json_str(self.given, separators=(",", ":")),
            "InputDetails": {"Included": True},
            "Name": self.arn.rsplit(":", 1)[1],
            "RedriveCount": 0,
            "StateMachineArn": self.machine_arn,
            "Status": self.status,
        }
        for name, date in (("StartDate", self.started), ("StopDate", self.stopped)):
            told |= {name: date.isoformat(timespec="milliseconds").replace("+00:00", "Z")} if date else {}
        if self.status == "SUCCEEDED":
            output = to_json_str(self.output, separators=(",", ":"))
            return {**told, "Output": output, "OutputDetails": {"Included": True}}
        return {**told, "Error": self.error, "Cause": self.cause} if self.status == "FAILED" else told


@dataclass
class Run:
    """A map run at work. `record` is the engine's, which DescribeMapRun reads."""

    record: Any
    env: Any
    run_child: Callable[[Any, int, Any], Any]  # (environment, index, input): evaluates the program there
    children: list[Child]
    too_much_failed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        for child in self.children:
            self._count(child, "pending", "total")
        wanted = min(self.record.max_concurrency or AT_ONCE, AT_ONCE, len(self.children))
        with ThreadPoolExecutor(max(1, wanted), thread_name_prefix="map-run") as pool:
            list(pool.map(self._run, range(len(self.children))))

    def _run(self, index: int) -> None:
        child = self.children[index]
        if self.too_much_failed or not self.env.is_running():
            return
        self._count(child, "running", was="pending")
        child.status, child.started = "RUNNING", _now()
        frame = self.env.open_inner_frame()
        try:
            context = frame.states.context_object.context_object_data
            name = child.arn.rsplit(":", 1)[1]
            context["Execution"] = {**context["Execution"], "Id": child.arn, "Name": name}
            ended = self.run_child(frame, index, child.given)
        finally:
            self.env.delete_frame(frame)
        child.stopped = _now()
        if isinstance(ended, ProgramError):
            child.error, child.cause = (ended.error or {}).get("error"), (ended.error or {}).get("cause")
            child.status = "FAILED"
        elif isinstance(ended, ProgramStopped):
            child.status = "ABORTED"
        else:
            child.status, child.output = "SUCCEEDED", frame.states.get_input()
        self._count(child, child.status.lower(), was="running")
        with self._lock:
            self.too_much_failed |= self._is_too_much()

    def _is_too_much(self) -> bool:
        """Whether more has failed than is tolerated; by default one failure is too much."""
        failed, total = self.record.item_counter.failed.get(), self.record.item_counter.total.get()
        count, percentage = self.record.tolerated_failure_count, self.record.tolerated_failure_percentage
        if not count and not percentage:
            return bool(failed)
        return bool(count and failed > count) or bool(percentage and failed * 100 > percentage * total)

    def _count(self, child: Child, *names: str, was: str | None = None) -> None:
        for counter, weight in ((self.record.execution_counter, 1), (self.record.item_counter, child.items)):
            for name in names:
                getattr(counter, name).offset(weight)
            if was:
                getattr(counter, was).offset(-weight)


def _map_run(component: Any, env: Any, eval_input: Any) -> None:
    """In place of the engine's, which forgets what failed, and has a thread an item."""
    items = env.stack.pop()
    map_input = env.stack[-1]
    worker = component._create_worker(env=env, eval_input=eval_input, job_pool=None)

    def prepare(frame: Any, index: int, item: Any, select: bool = True) -> None:
        frame.states.context_object.context_object_data["Map"] = {"Item": {"Index": index, "Value": item}}
        frame.states.reset(item)
        frame.stack.append(item)
        if select:
            worker._eval_input(env_frame=frame)

    batcher = getattr(component, "batcher", None)
    if batcher:
        selected = []
        for index, item in enumerate(items):
            frame = env.open_inner_frame()
            prepare(frame, index, item)
            selected.append(frame.states.get_input())
            env.delete_frame(frame)
        items = list(_batches(selected, _evaluated(batcher, env, map_input)))

    def run_child(frame: Any, index: int, item: Any) -> Any:
        prepare(frame, index, item, select=not batcher)
        component._get_iteration_program().eval(frame)
        return frame.program_state()

    record = eval_input.map_run_record
    arn = record.map_state_machine_arn.replace(":stateMachine:", ":execution:")
    sizes = [len(item["Items"]) if batcher else 1 for item in items]
    children = [
        Child(f"{arn}:{uuid.uuid4()}", record.map_state_machine_arn, size, item)
        for size, item in zip(sizes, items, strict=True)
    ]
    record.run = run = Run(record, env, run_child, children)
    run.work()
    writer = getattr(component, "result_writer", None)
    if run.too_much_failed:
        if writer:
            env.stack.append(run)
            writer.eval(env)
            env.stack.pop()
        raise _failure(env, "StatesExceedToleratedFailureThreshold", _EXCEEDED, HistoryEventType.MapRunFailed)
    if writer:
        env.stack.append(run)  # for the writer, which comes next
        return
    outputs = [child.output for child in children]
    if not is_within_size_quota(outputs):
        cause = "The state's output exceeds the maximum number of bytes service limit."
        raise _failure(env, "StatesStatesDataLimitExceeded", cause, HistoryEventType.MapRunFailed)
    env.stack.append(outputs)


_EXCEEDED = "The specified tolerated failure threshold was exceeded"


def _evaluated(batcher: Any, env: Any, map_input: Any) -> dict[str, Any]:
    frame = env.open_inner_frame()
    frame.states.reset(map_input)
    frame.stack.append(map_input)
    batcher.eval(frame)
    env.delete_frame(frame)
    told: dict[str, Any] = frame.stack.pop()
    return told


def _batches(items: list[Any], batcher: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Batches no longer than MaxItemsPerBatch, and no larger than MaxInputBytesPerBatch."""
    shared = {"BatchInput": batcher["BatchInput"]} if "BatchInput" in batcher else {}
    longest = int(batcher.get("MaxItemsPerBatch") or len(items) or 1)
    largest = int(batcher.get("MaxInputBytesPerBatch") or 262_144)
    part: list[Any] = []
    empty = size = len(to_json_str({**shared, "Items": []}))
    for item in items:
        more = len(to_json_str(item).encode()) + 2
        if part and (len(part) == longest or size + more > largest):
            yield {**shared, "Items": part}
            part, size = [], empty
        part.append(item)
        size += more
    if part:
        yield {**shared, "Items": part}


def _failure(env: Any, name: str, cause: str, event: HistoryEventType) -> FailureEventException:
    kind = StatesErrorNameType[name]
    details = ExecutionFailedEventDetails(error=kind.to_name(), cause=cause)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(kind),
            event_type=event,
            event_details=EventDetails(executionFailedEventDetails=details),  # type: ignore[typeddict-item]
        )
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC)


# --- Reading and writing ----------------------------------------------------------------------------------


def _list_objects(env: Any, runtime: Any, credentials: Any) -> None:
    """Every page; items as Step Functions gives them."""
    pages = S3Reader._get_s3_client(runtime, credentials).get_paginator("list_objects_v2")
    found = [item for page in pages.paginate(**env.stack.pop()) for item in page.get("Contents", [])]
    env.stack.append(
        [
            {
                "Etag": item["ETag"],
                "Key": item["Key"],
                "LastModified": int(item["LastModified"].timestamp()),
                "Size": item["Size"],
                "StorageClass": item.get("StorageClass", "STANDARD"),
            }
            for item in found
        ]
    )


def _put_results(env: Any, runtime: Any, credentials: Any) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html"""
    to, run = env.stack.pop(), env.stack.pop()
    s3 = S3Writer._get_s3_client(runtime, credentials)
    prefix = to.get("Prefix", "")
    folder = (
        f"{prefix}{'/' if prefix and not prefix.endswith('/') else ''}{run.record.map_run_arn.split(':')[-1]}"
    )
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for status, listed in files.items():
        results = [child.result() for child in run.children if child.status == status]
        if results:
            body = json.dumps(results).encode()
            s3.put_object(Bucket=to["Bucket"], Key=f"{folder}/{status}_0.json", Body=body)
            listed.append({"Key": f"{folder}/{status}_0.json", "Size": len(body)})
    manifest = {"DestinationBucket": to["Bucket"], "MapRunArn": run.record.map_run_arn, "ResultFiles": files}
    key = f"{folder}/manifest.json"
    s3.put_object(Bucket=to["Bucket"], Key=key, Body=json.dumps(manifest, indent=2).encode())
    for child in run.children:
        if child.status == "SUCCEEDED":
            run.record.execution_counter.results_written.offset(1)
            run.record.item_counter.results_written.offset(child.items)
    details = {"Bucket": to["Bucket"], "Key": key}
    env.stack.append({"MapRunArn": run.record.map_run_arn, "ResultWriterDetails": details})


def _named(evaluate: Callable[[Any, Any], None], name: str) -> Callable[[Any, Any], None]:
    """`evaluate`, whose refused calls fail under a name of their own."""

    def eval_body(component: Any, env: Any) -> None:
        try:
            evaluate(component, env)
        except ClientError as error:
            raise _failure(env, name, str(error), HistoryEventType.MapRunFailed) from error

    return eval_body


# --- Definitions that the engine's grammar does not know ---------------------------------------------------


@cache
def install() -> None:
    DistributedMap._map_run = _map_run
    S3Reader._handle_list_objects_v2 = staticmethod(_list_objects)
    S3Writer._handle_put_object = staticmethod(_put_results)
    readings: Any = ((ItemReader, "StatesItemReaderFailed"), (ResultWriter, "StatesResultWriterFailed"))
    for part, name in readings:
        part._eval_body = _named(part._eval_body, name)
    parse: Any = asl_parser.AmazonStateLanguageParser.parse

    def parse_more(definition: str) -> Any:
        try:
            declared = json.loads(definition)
        except ValueError:  # the grammar's to refuse
            return parse(definition)
        batchers = dict(_taken_out(declared))
        if batchers and "JSONata" in definition:
            raise ValueError("local AWS has no ItemBatcher in JSONata")
        program, tree = parse(json.dumps(declared))
        for state in _maps(program.states):
            component: Any = state.iteration_component
            component.result_writer = state.result_writer
            component.batcher = None
            if state.name in batchers:
                template = {"Type": "Pass", "Parameters": batchers[state.name], "End": True}
                told, _ = parse(json.dumps({"StartAt": "P", "States": {"P": template}}))
                component.batcher = told.states.states["P"].parameters
        return program, tree

    asl_parser.AmazonStateLanguageParser.parse = staticmethod(parse_more)  # type: ignore[method-assign]


def _taken_out(declared: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Take what the grammar refuses out of every map: (the state's name, its ItemBatcher as a template)."""
    if isinstance(declared, list):
        for each in declared:
            yield from _taken_out(each)
    if not isinstance(declared, dict):
        return
    states = declared.get("States")
    for name, state in states.items() if isinstance(states, dict) else ():
        if not isinstance(state, dict):
            continue
        percentage = state.get("ToleratedFailurePercentage")
        if isinstance(percentage, int):
            state["ToleratedFailurePercentage"] = float(percentage)
        processor = state.get("ItemProcessor")
        config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
        if isinstance(config, dict) and config.get("ExecutionType") == "EXPRESS":
            config["ExecutionType"] = "STANDARD"
        batcher = state.pop("ItemBatcher", None)
        if isinstance(batcher, dict):
            paths = {key for key in batcher if key.endswith("Path")}
            yield name, {f"{k[:-4]}.$" if k in paths else k: value for k, value in batcher.items()}
        for part in (processor, state.get("Iterator"), state.get("Branches")):
            yield from _taken_out(part)


def _maps(states: Any) -> Iterator[StateMap]:
    for state in states.states.values():
        if isinstance(state, StateMap):
            yield state
            yield from _maps(state.iteration_component._states)
        elif isinstance(state, StateParallel):
            for program in state.branches.programs:
                yield from _maps(program.states)
