"""A document's record as the attributes of a DynamoDB item, and back.

Keys: pk `<tenant>`; sk `document#<document id>` for records, what lies beside them is in
`dynamodb_reusable_summaries` (it has no `received_at`, and so is in no index). Two indexes are sorted by
`received_at`: `by-time` (pk) holds all records; `by-state` (`tenant_state`, `<tenant>#<state>`) those that are not
DONE, which are few: most records are written into it twice and taken out again, for a millionth of a dollar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.adapters.dynamodb_attributes import Item
from lambdas.shared.domain.document import DONE, Completion, Document, DocumentState, Step, StoredResult
from lambdas.shared.domain.dropped_object import sequencer_rank
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.summary import summary_from
from lambdas.shared.domain.timestamps import from_iso, to_iso

_COUNTS = ("sections", "calls", "input_tokens", "output_tokens")
BY_TIME = "by-time"
BY_STATE = "by-state"
_DOCUMENT = "document#"


def document_key(tenant: str, document_id: str) -> Item:
    """The key of a record."""
    return {"pk": tenant, "sk": _DOCUMENT + document_id}


def document_id_of(item: Mapping[str, Any]) -> str:
    """The document that a key or an item is of."""
    return str(item["sk"]).removeprefix(_DOCUMENT)


def state_attributes(tenant: str, state: DocumentState) -> Item:
    """A state, and what puts the record into the index by state; None = to be removed."""
    indexed = None if state in DONE else tenant_state(tenant, state)
    return {"state": state.value, "tenant_state": indexed}


def tenant_state(tenant: str, state: DocumentState) -> str:
    """The partition of the index by state; no tenant's name holds a `#`."""
    return f"{tenant}#{state.value}"


def received_attributes(document: Document) -> Item:
    """A freshly received document; `sequencer_rank` is what conditions compare."""
    return {
        "document_id": document.document_id,
        "bucket": document.bucket,
        "key": document.key,
        "version_id": document.version_id,
        "sequencer": document.sequencer,
        "sequencer_rank": sequencer_rank(document.sequencer),
        "size": document.size,
        "execution": document.execution,
        "attempt": document.attempt,
        "received_at": to_iso(document.received_at),
        **state_attributes(document.tenant, document.state),
        "steps": {},
    }


def completion_attributes(completion: Completion, result: StoredResult) -> Item:
    """What a successful run adds; what is not known has no attribute."""
    maybe = {"cost_usd": completion.cost_usd, "document_language": completion.document_language}
    known = {name: value for name, value in maybe.items() if value is not None}
    return {
        "summary": completion.summary.as_json(),
        "model": completion.model,
        "prompt_version": completion.prompt_version,
        "content_hash": completion.content_hash,
        "reused": completion.reused,
        **{name: getattr(completion, name) for name in _COUNTS},
        "skipped": list(completion.skipped),
        "result": {
            "key": result.key,
            "version_id": result.version_id,
            "markdown_key": result.markdown_key,
            "markdown_version_id": result.markdown_version_id,
        },
        **known,
    }


def step_attributes(step: Step) -> dict[str, str]:
    """A step without its name, which is its key in the map of steps: a repeated step replaces itself."""
    return {"started_at": to_iso(step.started_at), "ended_at": to_iso(step.ended_at)}


def document_from(tenant: str, item: Mapping[str, Any]) -> Document:
    """The record that an item holds."""
    failure = item.get("error")
    result = item.get("result")
    return Document(
        tenant=tenant,
        document_id=item["document_id"],
        bucket=item["bucket"],
        key=item["key"],
        version_id=item["version_id"],
        sequencer=item["sequencer"],
        size=int(item["size"]),
        execution=item["execution"],
        attempt=int(item.get("attempt", 1)),
        received_at=from_iso(item["received_at"]),
        state=DocumentState(item["state"]),
        steps=_steps(item["steps"]),
        completion=_completion(item) if "summary" in item else None,
        result=StoredResult(**result) if result else None,
        failure=Failure(**failure) if failure else None,
        cost_usd=item.get("cost_usd"),
    )


def _steps(attributes: Mapping[str, Mapping[str, str]]) -> tuple[Step, ...]:
    steps = (
        Step(name, from_iso(times["started_at"]), from_iso(times["ended_at"])) for name, times in attributes.items()
    )
    return tuple(sorted(steps, key=lambda step: (step.started_at, step.ended_at)))


def _completion(item: Mapping[str, Any]) -> Completion:
    return Completion(
        summary=summary_from(item["summary"]),
        model=item["model"],
        prompt_version=item["prompt_version"],
        content_hash=item["content_hash"],
        cost_usd=item.get("cost_usd"),
        reused=bool(item["reused"]),
        skipped=tuple(item.get("skipped", ())),
        document_language=item.get("document_language"),
        **_counts(item),
    )


def _counts(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(item[name]) for name in _COUNTS if name in item}
