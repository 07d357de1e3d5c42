"""The two files that a summary becomes: JSON for programs, Markdown for people."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from lambdas.shared.domain.document import Completion
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.timestamps import to_iso


def summary_json(run: SummaryRun, completion: Completion, at: datetime) -> bytes:
    """Everything about the summary; `cost_usd` is a number of USD, or null when it is not known. `calls` and `usage`
    are null where nobody has counted them for each document: in a bulk run, which tells the guardrail's part of the
    cost, `guardrail_usd`."""
    counted = completion.calls > 0 or completion.reused
    cost = completion.cost_usd
    fields = {
        "document_id": run.document_id,
        "bucket": run.bucket,
        "key": run.key,
        "version_id": run.version_id,
        **completion.summary.as_json(),
        "model": completion.model,
        "prompt_version": completion.prompt_version,
        "content_hash": completion.content_hash,
        "cost_usd": None if cost is None else float(cost),
        **({} if completion.guardrail_usd is None else {"guardrail_usd": float(completion.guardrail_usd)}),
        "reused": completion.reused,
        "sections": completion.sections,
        "calls": completion.calls if counted else None,
        "usage": {"input_tokens": completion.input_tokens, "output_tokens": completion.output_tokens}
        if counted
        else None,
        "skipped": list(completion.skipped),
        "document_language": completion.document_language,
        "created_at": to_iso(at),
    }
    return (json.dumps(fields, ensure_ascii=False, indent=2) + "\n").encode()


def summary_markdown(run: SummaryRun, completion: Completion, at: datetime) -> bytes:
    """A page that reads well in any viewer."""
    summary = completion.summary
    lines = [f"# {summary.title}", "", summary.summary, ""]
    if summary.key_points:
        lines += ["## Key points", "", *(f"- {' '.join(point.split())}" for point in summary.key_points), ""]
    if summary.topics:
        lines += [f"**Topics:** {', '.join(' '.join(topic.split()) for topic in summary.topics)}", ""]
    if completion.skipped:
        lines += ["**Not read:**", "", *(f"- {sentence}" for sentence in completion.skipped), ""]
    lines += [
        "---",
        "",
        f"- Source: `s3://{run.bucket}/{run.key}`",
        f"- Language: {summary.language}",
        f"- Model: {completion.model} ({completion.prompt_version})",
        *([f"- Read in {completion.sections} sections"] if completion.sections > 1 else []),
        f"- Cost: {_price(completion)}",
        f"- Written: {at:%Y-%m-%d %H:%M} UTC",
        "",
    ]
    return "\n".join(lines).encode()


def _price(completion: Completion) -> str:
    if completion.reused:
        return "nothing (the same content had been summarized before)"
    return "not known" if completion.cost_usd is None else f"${_plain(completion.cost_usd)}"


def _plain(cost: Decimal) -> str:
    """Micro-dollars at the finest: a page is no ledger."""
    return f"{cost:.6f}".rstrip("0").rstrip(".") or "0"
