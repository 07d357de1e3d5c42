"""The demo's knowledge: documents dropped for answering, a cited answer, a follow-up, and an honest refusal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from local.demo.client import ApiClient, ApiError
from local.demo.screen import Screen, dollars
from local.stack import LocalStack

WAIT_SECONDS = 60.0
_PREFIX = "knowledge/local/demo/"
QUESTION = "What did abolishing late fees cost the Harbour Library?"
UNANSWERABLE = "How much does a ticket to the observatory on Mount Ferrat cost?"
_ENDS = {"INDEXED", "FAILED"}


def play(stack: LocalStack, api: ApiClient, screen: Screen, files: list[Path]) -> dict[str, float | None]:
    """Drop `files` into the Knowledge Base's folder and ask about them; answers what each step cost, in USD."""
    screen.heading("Documents dropped into the Knowledge Base, and questions to them (POST /rag)")
    begin = time.monotonic()
    s3, bucket = stack.client("s3"), stack.outputs["DocumentsBucketName"]
    for file in files:
        s3.put_object(Bucket=bucket, Key=_PREFIX + file.name, Body=file.read_bytes())
    for document in _indexed(api, {_PREFIX + file.name for file in files}):
        screen.line(f"{document['key'].removeprefix(_PREFIX):<28}  {document['state']}")
    screen.note(f"{(time.monotonic() - begin) * 1000:.0f} ms from the drop until all of them can be asked")
    cited = _ask(api, screen, QUESTION)
    if not cited["grounded"] or not cited["citations"]:
        raise ApiError("the question that the documents answer was not answered with a citation")
    refused = _ask(api, screen, UNANSWERABLE)
    if refused["grounded"]:
        raise ApiError("the question that no document answers was answered")
    return {"a cited answer": cited["cost_usd"], "an honest refusal": refused["cost_usd"]}


def _ask(api: ApiClient, screen: Screen, question: str) -> Any:
    screen.said("you", question)
    begin = time.monotonic()
    answer = api.post("/rag", {"question": question})
    screen.said("quarry", answer["answer"])
    keys = {passage["id"]: passage["metadata"].get("name", "") for passage in answer["passages"]}
    for citation in answer["citations"]:
        screen.note(f"[{citation['start']}-{citation['end']}] {keys[citation['passage_id']]}: “{citation['quote']}”")
    grounded = "grounded" if answer["grounded"] else f"not grounded ({answer['refusal']})"
    screen.note(f"{(time.monotonic() - begin) * 1000:.0f} ms, {grounded}, {dollars(answer['cost_usd'])}")
    return answer


def _indexed(api: ApiClient, keys: set[str]) -> list[Any]:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = [item for item in api.get("/documents")["items"] if item["key"] in keys]
        if len(found) == len(keys) and all(item["state"] in _ENDS for item in found):
            return sorted(found, key=lambda item: str(item["key"]))
        time.sleep(0.1)
    raise ApiError("the documents were not indexed in time")
