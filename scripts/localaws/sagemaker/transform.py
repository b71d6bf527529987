"""Batch transform jobs: a model's process is asked about every object under a prefix.

Real: the process is the endpoint's, MaxConcurrentTransforms requests at a time, SplitType None and Line,
BatchStrategy, MaxPayloadInMB, AssembleWith, MaxRetries, one `.out` object for each input, stops, logs. Not
real, and refused by name: manifests, compressed and RecordIO input, filters (DataProcessing), data capture,
several instances. A job whose model does not answer fails, as on AWS, and keeps what is done.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from ..settings import Settings
from .container import LogStream
from .jobs import Failure, Job
from .serving import InvocationError, Model, ModelServer, StartError

LOG_GROUP = "/aws/sagemaker/TransformJobs"
MIB = 1024**2


class TransformJob(Job):
    kind = "Transform"

    def __init__(self, request: dict[str, Any], arn: str, settings: Settings, model: Model) -> None:
        _check(request)
        super().__init__(request, arn, settings, model.role_arn)
        self._payload = int(request.get("MaxPayloadInMB", 6)) * MIB or 100 * MIB
        self._at_once = int(request.get("MaxConcurrentTransforms") or 1)
        instance = f"i-{random.getrandbits(68):017x}"
        self._logs = LogStream(settings, LOG_GROUP, f"{self.name}/{instance}", model.role_arn)
        self._data_log = LogStream(settings, LOG_GROUP, f"{self.name}/{instance}/data-log", model.role_arn)
        told = {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self._payload // MIB),
            "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD" if self._many else "SINGLE_RECORD",
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self._at_once),
        }
        variables = {**model.environment, **(request.get("Environment") or {}), **told}
        self._server = ModelServer(
            model._replace(environment=variables), {"VariantName": self.name}, settings, self._logs
        )

    @property
    def _many(self) -> bool:
        return str(self.request.get("BatchStrategy", "MultiRecord")) == "MultiRecord"

    @property
    def _source(self) -> dict[str, Any]:
        found: dict[str, Any] = self.request["TransformInput"]
        return found

    def work(self) -> None:
        folder = self.base / "input"
        self.fetch(self._source["DataSource"]["S3DataSource"]["S3Uri"], folder)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if not files:
            raise Failure("ClientError: No S3 objects found under the S3 URI given in input data source.")
        try:
            self._server.start()
            with ThreadPoolExecutor(self._at_once) as pool:
                for _ in pool.map(lambda path: self._transform(path, folder), files):
                    pass
        except StartError as error:
            raise Failure(f"AlgorithmError: {error}") from error
        finally:
            self._server.stop()

    def _transform(self, path: Path, folder: Path) -> None:
        if self.stopping.is_set():
            return
        target, name = self.request["TransformOutput"], path.relative_to(folder).as_posix()
        answers = [self._ask(part, name) for part in self._parts(path.read_bytes())]
        if target.get("AssembleWith") == "Line":
            answers = [answer.removesuffix(b"\n") + b"\n" for answer in answers]
        self.put(
            f"{target['S3OutputPath'].rstrip('/')}/{name}.out", b"".join(answers), target.get("KmsKeyId")
        )

    def _parts(self, body: bytes) -> Iterator[bytes]:
        """What the model is asked about at once: an object, a line, or lines up to the payload's size."""
        if self._source.get("SplitType", "None") != "Line":
            yield body
            return
        gathered = b""
        for line in body.splitlines(keepends=True):
            if gathered and (not self._many or len(gathered) + len(line) > self._payload):
                yield gathered
                gathered = b""
            gathered += line
        yield gathered

    def _ask(self, part: bytes, name: str) -> bytes:
        if len(part) > self._payload:
            self._refuse(name, f"a record is larger than MaxPayloadInMB ({self._payload // MIB})")
        headers = {
            "Content-Type": self._source.get("ContentType"),
            "Accept": self.request["TransformOutput"].get("Accept"),
        }
        retries, said = int((self.request.get("ModelClientConfig") or {}).get("InvocationsMaxRetries", 3)), ""
        for number in range(retries + 1):
            if self.stopping.is_set():
                return b""
            try:
                answer = self._server.invoke(part, {key: text for key, text in headers.items() if text})
            except InvocationError as error:
                said = str(error)
            else:
                if answer.status == 200:
                    return answer.body
                said = f"Bad HTTP status received from algorithm: {answer.status}"
                if answer.status < 500:
                    break
            time.sleep(0.1 * number)
        self._refuse(name, said)
        return b""

    def _refuse(self, name: str, said: str) -> None:
        self._data_log.write(f"[sagemaker logs]: {name}: {said}")
        raise Failure("AlgorithmError: See job logs for more information")


def _check(request: dict[str, Any]) -> None:
    """Raise ValidationError for a job that local AWS cannot run."""
    source = request["TransformInput"]
    asked = {
        "S3DataType": (source["DataSource"]["S3DataSource"]["S3DataType"], ("S3Prefix",)),
        "CompressionType": (source.get("CompressionType", "None"), ("None",)),
        "SplitType": (source.get("SplitType", "None"), ("None", "Line")),
        "AssembleWith": (request["TransformOutput"].get("AssembleWith", "None"), ("None", "Line")),
        "InstanceCount": (request["TransformResources"]["InstanceCount"], (1,)),
        "DataProcessing": (request.get("DataProcessing") or None, (None,)),
        "DataCaptureConfig": (request.get("DataCaptureConfig") or None, (None,)),
    }
    for name, (value, known) in asked.items():
        if value not in known:
            raise ValidationError(f"Local AWS transforms with {name} {known}; it is {value!r}.")
