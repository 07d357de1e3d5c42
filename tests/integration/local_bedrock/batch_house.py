"""What tests of batch jobs share: a bucket, rows, jobs, and their outputs read back."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from tests.integration.local_cloud.support import until

MODEL = "amazon.nova-lite-v1:0"
ROLE = "arn:aws:iam::123456789012:role/batch"
ENDED = {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}


def converse_row(number: int, **more: Any) -> dict[str, Any]:
    text = f"<document>Heat pump {number} moves heat. It needs power.</document> Summarize."
    body = {"messages": [{"role": "user", "content": [{"text": text}]}], **more}
    return {"recordId": f"r{number}", "modelInput": body}


class BatchHouse:
    def __init__(self, clients: Callable[[str], Any], name: str) -> None:
        # moto keeps its state per process, so the names must be unique in a run
        self.name = f"{re.sub(r'[^a-z0-9]+', '-', name.lower())[:40].strip('-')}-{zlib.crc32(name.encode()):08x}"
        self.bedrock, self.s3 = clients("bedrock"), clients("s3")
        self.s3.create_bucket(Bucket=self.name)
        self._count = 0

    def put(self, rows: Iterable[object], key: str = "in/rows.jsonl") -> None:
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        self.s3.put_object(Bucket=self.name, Key=key, Body="\n".join(lines).encode())

    def request(self, *, source: str = "in/rows.jsonl", **fields: Any) -> dict[str, Any]:
        self._count += 1
        return {
            "jobName": f"{self.name}-{self._count}",
            "roleArn": ROLE,
            "modelId": MODEL,
            "modelInvocationType": "Converse",
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://{self.name}/{source}"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{self.name}/out"}},
            **fields,
        }

    def submit(self, **fields: Any) -> str:
        arn: str = self.bedrock.create_model_invocation_job(**self.request(**fields))["jobArn"]
        return arn

    def get(self, arn: str) -> dict[str, Any]:
        job: dict[str, Any] = self.bedrock.get_model_invocation_job(jobIdentifier=arn)
        return job

    def finish(self, arn: str) -> dict[str, Any]:
        until(lambda: self.get(arn)["status"] in ENDED, seconds=20)
        return self.get(arn)

    def run(self, rows: Iterable[object] | None = None, **fields: Any) -> dict[str, Any]:
        self.put(rows if rows is not None else [converse_row(number) for number in range(10)])
        return self.finish(self.submit(**fields))

    def reaches(self, arn: str, status: str) -> None:
        until(lambda: self.get(arn)["status"] == status, seconds=20)

    def output(self, job: dict[str, Any], name: str = "rows.jsonl.out") -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._read(job, name).decode().split("\n") if line]

    def manifest(self, job: dict[str, Any]) -> dict[str, int]:
        value: dict[str, int] = json.loads(self._read(job, "manifest.json.out"))
        return value

    def keys(self, job: dict[str, Any]) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.name, Prefix=self._head(job)).get("Contents", [])
        return [each["Key"].removeprefix(self._head(job)) for each in listed]

    def _head(self, job: dict[str, Any]) -> str:
        return f"out/{job['jobArn'].rsplit('/', 1)[-1]}/"

    def _read(self, job: dict[str, Any], name: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.name, Key=self._head(job) + name)["Body"].read()
        return body
