"""What the summaries' functions are given: S3's events, and the state machine's state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from lambdas.shared.domain.dropped_object import DroppedObject
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, RequestLine, SummaryRun

_Filled = Annotated[str, msgspec.Meta(min_length=1)]


class EventBucket(msgspec.Struct):
    name: _Filled


class EventObject(msgspec.Struct, rename={"version_id": "version-id"}):
    """EventBridge gives the key as it is; only S3's own notifications encode it. `version-id` is missing where the
    bucket is not versioned, and then nothing can be promised."""

    key: _Filled
    version_id: _Filled
    sequencer: Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]+$")]
    size: Annotated[int, msgspec.Meta(ge=0)] = 0


class EventDetail(msgspec.Struct):
    bucket: EventBucket
    object: EventObject


class ObjectCreated(msgspec.Struct, rename={"detail_type": "detail-type"}):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""

    detail_type: Literal["Object Created"]
    detail: EventDetail


class Failure(msgspec.Struct, rename="pascal"):
    """A state's error output; a timeout has no cause."""

    error: str
    cause: str | None = None


def dropped_object(body: str | bytes) -> DroppedObject:
    """The object of one EventBridge event. Raises msgspec.DecodeError for anything else."""
    detail = msgspec.json.decode(body, type=ObjectCreated).detail
    return DroppedObject(
        bucket=detail.bucket.name,
        key=detail.object.key,
        version_id=detail.object.version_id,
        sequencer=detail.object.sequencer,
        size=detail.object.size,
    )


def run_in(state: Mapping[str, Any]) -> SummaryRun:
    """The execution's input, which stays in its state to the end."""
    return msgspec.convert(state, SummaryRun)


def prepared_in(state: Mapping[str, Any]) -> PreparedRequests:
    """What "Prepare requests" or "Merge sections" answered."""
    return msgspec.convert(state["prepared"], PreparedRequests)


def receipt_in(state: Mapping[str, Any]) -> AnswerReceipt:
    """What "Ask the model" answered."""
    return msgspec.convert(state["answered"], AnswerReceipt)


def line_in(state: Mapping[str, Any]) -> RequestLine | None:
    """The record of a Map's iteration; None where the level has only one."""
    return msgspec.convert(state["line"], RequestLine) if "line" in state else None


def failure_in(state: Mapping[str, Any]) -> Failure:
    """What a Catch left behind."""
    return msgspec.convert(state["failure"], Failure)
