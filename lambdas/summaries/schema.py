"""What the summaries' workflow steps are given: the state machine's state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, RequestLine, SummaryRun


class Failure(msgspec.Struct, rename="pascal"):
    """A state's error output; a timeout has no cause."""

    error: str
    cause: str | None = None


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
