"""A model's answer as it is stored between asking and collecting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests
from lambdas.shared.domain.summary import Summary
from lambdas.shared.domain.timestamps import from_iso, to_iso


@dataclass(frozen=True, slots=True)
class Answer:
    """`cost_usd` counts every paid call of this record, also those whose answers were rejected; None = not known.
    `calls`: how many these were."""

    record_id: str
    text: str
    stop_reason: str
    usage: TokenUsage
    model: str
    cost_usd: Decimal | None
    prompt_version: str
    started_at: datetime
    ended_at: datetime
    calls: int = 1

    def after(self, rejected: Answer | None) -> Answer:
        """This answer, with what the one took that came before it and was of no use."""
        if rejected is None:
            return self
        unknown = self.cost_usd is None or rejected.cost_usd is None
        cost = None if unknown else (self.cost_usd or 0) + (rejected.cost_usd or Decimal(0))
        usage = self.usage.plus(rejected.usage)
        return replace(self, cost_usd=cost, usage=usage, calls=self.calls + rejected.calls)

    def receipt(self, key: str) -> AnswerReceipt:
        """What the workflow's state keeps of it."""
        return AnswerReceipt(
            answer_key=key,
            stop_reason=self.stop_reason,
            input_tokens=self.usage.input_tokens,
            output_tokens=self.usage.output_tokens,
            cost_usd=None if self.cost_usd is None else str(self.cost_usd),
        )


def reused_answer(record_id: str, summary: Summary, prepared: PreparedRequests, moment: datetime) -> Answer:
    """The summary that the tenant has of the same content, as the answer to a request that nobody pays for."""
    return Answer(
        record_id=record_id,
        text=json.dumps(summary.as_json(), ensure_ascii=False),
        stop_reason="end_turn",
        usage=TokenUsage(input_tokens=0, output_tokens=0),
        model=prepared.model,
        cost_usd=Decimal(0),
        prompt_version=prepared.prompt_version,
        started_at=moment,
        ended_at=moment,
        calls=0,
    )


def encode_answer(answer: Answer) -> bytes:
    """The stored JSON; money is a decimal text, so that nothing is rounded."""
    fields = {
        "recordId": answer.record_id,
        "text": answer.text,
        "stop_reason": answer.stop_reason,
        "usage": asdict(answer.usage),
        "model": answer.model,
        "cost_usd": None if answer.cost_usd is None else str(answer.cost_usd),
        "prompt_version": answer.prompt_version,
        "started_at": to_iso(answer.started_at),
        "ended_at": to_iso(answer.ended_at),
        "calls": answer.calls,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def decode_answer(content: bytes) -> Answer:
    """The inverse of `encode_answer`."""
    fields: Mapping[str, Any] = json.loads(content)
    return Answer(
        record_id=fields["recordId"],
        text=fields["text"],
        stop_reason=fields["stop_reason"],
        usage=TokenUsage(**fields["usage"]),
        model=fields["model"],
        cost_usd=None if fields["cost_usd"] is None else Decimal(fields["cost_usd"]),
        prompt_version=fields["prompt_version"],
        started_at=from_iso(fields["started_at"]),
        ended_at=from_iso(fields["ended_at"]),
        calls=fields.get("calls", 1),
    )
