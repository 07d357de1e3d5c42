"""The running API keeps to its own OpenAPI document: generated requests, good and bad, never surprise a client."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from tests.e2e.api import call, events, wait_for
from tests.e2e.clients import add_key
from tests.e2e.conftest import ROOT, RunningStack

SEED = 20261121
EMBEDDED = {
    "/embeddings": {"input": ["a heron", "a weir"], "encoding_format": "base64"},
    "/embeddings/similarity": {"source": "a heron", "targets": ["a weir"], "metric": "dot"},
    "/embeddings/search": {"query": "a heron", "documents": ["a weir"], "top_k": 2},
    "/embeddings/classify": {"texts": ["a heron"], "classes": [{"label": "bird"}, {"label": "water"}]},
    "/embeddings/cluster": {"texts": ["a heron", "a weir", "a crane"]},
}
EXAMPLES = {"as described": 15, "made real": 8, "broken": 35}
DOCUMENT = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    result.ok().definition.raw["operationId"]: result.ok()
    for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
}
# What a collection of texts is asked, by operation.
COLLECTED = {
    "createCollection": {},
    "putItems": {"items": [{"id": "h", "text": "a heron", "metadata": {"year": 2026}}]},
    "searchCollection": {"text": "a weir", "filter": {"year": {"$gte": 2020}}},
    "classifyByCollection": {"text": "a weir", "label": "year"},
    "removeItems": {"ids": ["h"]},
}
load_all_checks()
# Not asked: whether everything that the schema allows is accepted (which models a deployment allows, and which
# conversations exist, no schema can say), and 405 (API Gateway answers 404 to a method that is not there).
REFUSAL = "negative_data_rejection"
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    REFUSAL,
)
ALL_CHECKS = [check for check in CHECKS.get_all() if check.__name__ in NAMES]


class Caller:
    """One client of the running stack, with property of its own."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack, self.tenant = stack, f"fuzz-{secrets.token_hex(4)}"
        self.headers = {"Authorization": f"Bearer {add_key(stack, tenant=self.tenant, client='fuzz')}"}
        bucket = stack.outputs["DocumentsBucketName"]
        text = b"Herons nest in alders near the weir. Eleven nests were lost."
        stack.client("s3").put_object(Bucket=bucket, Key=f"inbox/{self.tenant}/herons.txt", Body=text)
        stack.client("s3").put_object(Bucket=bucket, Key=f"inbox/{self.tenant}/nothing.txt", Body=b" ")
        stack.client("s3").put_object(Bucket=bucket, Key=f"bulk/{self.tenant}/herons.txt", Body=text)
        self.archive = f"s3://{bucket}/bulk/{self.tenant}/"
        self.document = wait_for(lambda: self._document("SUMMARIZED"), what="a document")
        self.failed = wait_for(lambda: self._document("FAILED"), what="a document that fails")
        self.run = wait_for(self._stopped_run, what="a bulk run that is stopped", seconds=90)

    def _document(self, state: str) -> Any:
        items = call(self.stack.api_url, "GET", f"/documents?state={state}", headers=self.headers).json["items"]
        return next((item["document_id"] for item in items), None)

    def _stopped_run(self) -> str | None:
        runs = call(self.stack.api_url, "GET", "/bulk-summaries", headers=self.headers).json["items"]
        if not runs:
            body = {"source": self.archive}
            started = call(self.stack.api_url, "POST", "/bulk-summaries", body, headers=self.headers)
            assert started.status == 202, started.text
            path = f"/bulk-summaries/{started.json['run_id']}"
            assert call(self.stack.api_url, "DELETE", path, headers=self.headers).status in {200, 202}
            return None
        return str(runs[0]["run_id"]) if runs[0]["state"] in {"STOPPED", "SUCCEEDED"} else None

    def conversation(self) -> str:
        answer = call(self.stack.api_url, "POST", "/chat", {"message": "Hello"}, headers=self.headers)
        return str(answer.json["conversation_id"])

    def make_real(self, case: schemathesis.Case) -> None:
        """Let the case ask for what exists; everything else stays as generated."""
        case.headers.pop("X-Quarry-Subject", None)
        for name in ("cursor", "since", "until"):
            case.query.pop(name, None)
        if "id" in case.path_parameters:
            case.path_parameters["id"] = self._id_for(case.operation.path)
        if isinstance(case.body, dict) and "message" in case.body:
            case.body |= {"message": "Hello", "model": "fast"}
            case.body.pop("conversation_id", None)
        if isinstance(case.body, dict) and "title" in case.body:
            case.body["title"] = "Heron"
        if isinstance(case.body, dict) and "text" in case.body:
            case.body |= {
                "text": "Herons nest in alders. Eleven nests were lost.",
                "model": "fast",
                "language": "document",
            }
        if "name" in case.path_parameters:
            self._collect(case)
            return
        if case.operation.path.startswith("/rag"):
            self._fill_collection()
            case.body = {"question": "Where do herons nest?", "collection": "herons"}
            return
        if case.operation.path.startswith("/embeddings"):
            case.body = EMBEDDED[case.operation.path]
            return
        if isinstance(case.body, dict) and "source" in case.body:
            case.body = {"source": self.archive, "dry_run": True}
        if isinstance(case.body, dict) and "size" in case.body:
            case.body |= {"name": "heron.txt", "size": 60, "content_type": "text/plain"}

    def _collect(self, case: schemathesis.Case) -> None:
        """The collection is there, also where the case before has deleted it."""
        case.path_parameters["name"] = "herons"
        self._make_collection()
        case.body = COLLECTED.get(case.operation.definition.raw["operationId"], case.body)

    def _make_collection(self) -> None:
        made = call(self.stack.api_url, "PUT", "/collections/herons", {}, headers=self.headers)
        assert made.status in {200, 201}, made.text

    def _fill_collection(self) -> None:
        self._make_collection()
        body = {"items": [{"id": "h", "text": "Herons nest in alders near the weir."}]}
        call(self.stack.api_url, "PUT", "/collections/herons/items", body, headers=self.headers)

    def _id_for(self, path: str) -> str:
        if path.endswith("/retry"):
            return str(self.failed)
        if path.startswith("/bulk-summaries"):
            return str(self.run)
        return str(self.document) if path.startswith("/documents") else self.conversation()


@pytest.fixture(scope="module")
def caller(stack: RunningStack) -> Caller:
    return Caller(stack)


def fuzz(caller: Caller, operation: Any, kind: str, seen: Counter[int], *, examples: int) -> None:
    mode = GenerationMode.NEGATIVE if kind == "broken" else GenerationMode.POSITIVE

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: schemathesis.Case) -> None:
        if kind == "made real":
            caller.make_real(case)
        response = case.call(base_url=caller.stack.api_url, headers=caller.headers, timeout=30)
        seen[response.status_code] += 1
        checks = [check for check in ALL_CHECKS if check.__name__ != REFUSAL or must_be_refused(case)]
        case.validate_response(response, checks=checks)
        if response.headers.get("content-type", [""])[0].startswith("text/event-stream"):
            check_events(operation, response.text)

    run()


def must_be_refused(case: schemathesis.Case) -> bool:
    """Whether what is broken about the case reaches us at all: its headers are replaced by a real key, and a query
    parameter that no route knows is ignored, as web servers do."""
    broken = {str(where.value) for where, how in case.meta.components.items() if how.mode.is_negative}
    known = {parameter.name for parameter in case.operation.query}
    if set(case.query or {}) - known:
        broken.discard("query")
    return bool(broken - {"header"})


def check_events(operation: Any, text: str) -> None:
    """The data of each event, which the schema of a stream can only describe as text."""
    kinds = operation.definition.raw["responses"]["200"]["content"]["text/event-stream"]["schema"]["oneOf"]
    data = {kind["properties"]["event"]["const"]: kind["properties"]["data"]["contentSchema"] for kind in kinds}
    found = events(text)
    assert found[0][0] == "start" and found[-1][0] == "done"
    for name, value in found:
        jsonschema.validate(value, {**data[name], "components": DOCUMENT["components"]})


def can_be_broken(operation: Any) -> bool:
    """Whether any request breaks the schema: there is no wrong value for a header that takes any text."""
    raw = operation.definition.raw
    free = [each for each in raw.get("parameters", ()) if each.get("schema") == {"type": "string"}]
    return bool(raw.get("requestBody")) or len(raw.get("parameters", ())) > len(free)


def test_every_check_exists() -> None:
    assert sorted(check.__name__ for check in ALL_CHECKS) == sorted(NAMES)


def test_the_document_that_is_served_is_the_one_that_is_tested(stack: RunningStack) -> None:
    first = call(stack.api_url, "GET", "/openapi.json")
    assert (first.status, first.json) == (200, DOCUMENT)
    again = call(stack.api_url, "GET", "/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_to_its_description_and_reaches_a_success(caller: Caller, name: str) -> None:
    operation, seen = OPERATIONS[name], Counter[int]()
    step: Callable[..., None] = partial(fuzz, caller, operation, seen=seen)
    for kind, examples in EXAMPLES.items():
        if kind != "broken" or can_be_broken(operation):
            step(kind, examples=examples)
    assert any(200 <= status < 300 for status in seen), f"only errors were ever tried: {dict(seen)}"
    described = {int(status) for status in operation.definition.raw["responses"]}
    assert set(seen) <= described
