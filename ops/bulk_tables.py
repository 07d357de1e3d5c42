"""What `ops bulk` prints: a plan, a run's progress, its report."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from lambdas.shared.domain.bulk.archive_plan import ArchivePlan
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_plan import RunPlan
from lambdas.shared.domain.bulk.run_view import RunView
from lambdas.shared.domain.bulk.spending import Spent

_BAR = 30


def plan_lines(planned: ArchivePlan) -> Iterator[str]:
    """A readable table of a plan."""
    yield from _figures(planned)
    yield "sample"
    for kind in planned.estimate.kinds:
        known = f", {kind.summarized:,} are summarized already" if kind.summarized else ""
        yield f"  {kind.stratum.kind:<8} {kind.sampled:>4} of {kind.stratum.documents:,} documents read{known}"
    yield "quotas"
    quotas = planned.plan.quotas
    for name, value in quotas.quotas._asdict().items():
        yield f"  {name:<18} {value:>16,}  {quotas.sources[name]}"
    yield from (f"note: {note}" for note in planned.notes)


def _figures(planned: ArchivePlan) -> Iterator[str]:
    plan, survey = planned.plan, planned.survey
    share = plan.batch_records * 100 // plan.records if plan.records else 0
    yield from _rows(
        ("source", f"{planned.request.source.uri}  ({planned.request.source.kind})"),
        ("model, style", f"{planned.model_id}, {planned.style}"),
        ("documents", f"{survey.documents:,} in {survey.listing.bytes / 1e6:,.1f} MB"),
        ("to summarize", f"{plan.asked:,} ± {plan.asked_bound:,}"),
        (
            "requests",
            f"{plan.records:,}: {plan.batch_records:,} in batch ({share} %), {plan.on_demand_records:,} on demand",
        ),
        ("batch jobs", f"{plan.jobs:,}, {plan.quotas.quotas.jobs} at once"),
        ("input tokens", f"{plan.input_tokens:,} ± {plan.token_bound:,}"),
        ("output tokens", f"{plan.output_tokens:,} ({_origin(plan.measured_on)})"),
        ("price", f"{usd(plan.cost_usd)} ± {usd(plan.cost_bound_usd)}"),
        ("  tokens", usd(plan.token_usd)),
        ("  guardrail", usd(plan.guardrail_usd)),
        ("  services", usd(_left(plan.cost_usd, plan.token_usd, plan.guardrail_usd))),
        ("  a request", f"{usd(plan.record_usd)} in batch"),
        ("ends by", f"{plan.finish_by:%Y-%m-%d %H:%M} UTC"),
    )


def progress_line(view: RunView, *, bar: bool) -> str:
    """Where a run stands, in a line."""
    counts, run = view.counts, view.run
    total = counts.total if counts else 0
    done = total - counts.pending if counts else 0
    where = "stopping" if run.stop_wanted else run.phase.value if run.state == "RUNNING" else run.state.value
    failed = f", {counts.failed:,} failed" if counts and counts.failed else ""
    text = f"{done:,} of {total:,}{failed}, {usd(_spent(view).cost_usd)}, {where}"
    if not bar:
        return text
    full = _BAR * done // total if total else 0
    return f"[{'█' * full}{'·' * (_BAR - full)}] {text}"


def report_lines(view: RunView, bucket: str) -> Iterator[str]:
    """How a run has ended."""
    run, counts = view.run, view.counts
    yield f"{run.run_id}: {run.state.value}{f' ({run.reason})' if run.reason else ''}"
    if counts:
        yield from _rows(*((name, f"{value:,}") for name, value in counts._asdict().items()))
    yield from _money_lines(_spent(view), view.plan)
    if view.report is not None:
        yield from (f"  {code:<24} {count:,}" for code, count in view.report["errors"].items())
        yield f"report    s3://{bucket}/{view.report_key}"
        yield f"outcomes  s3://{bucket}/{view.report['outcomes_key']}"
        yield f"table     s3://{bucket}/{view.report['table_key']}"


def run_row(run: BulkRun) -> str:
    """A run in a list."""
    return f"{run.run_id}  {run.state.value:<9}  {run.phase.value:<9}  {run.created_at[:16]:<16}  {run.source}"


def usd(amount: Decimal | None) -> str:
    """`unknown` is not the same as free."""
    if amount is None:
        return "unknown"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:,.6f}".rstrip("0").rstrip(".")


def _origin(measured_on: int) -> str:
    return f"as {measured_on:,} answers of earlier runs" if measured_on else "typical of the style"


def _money_lines(spent: Spent, plan: RunPlan | None) -> Iterator[str]:
    """What was spent beside what was planned, part by part; services are on AWS's bill alone."""
    rows: list[tuple[str, Decimal | None, Decimal | None]] = [
        ("tokens", spent.token_usd, plan.token_usd if plan else None),
        ("guardrail", spent.guardrail_usd, plan.guardrail_usd if plan else None),
    ]
    yield from _rows(*((name, f"{usd(paid)} ({usd(planned)} planned)") for name, paid, planned in rows))
    services = _left(plan.cost_usd, plan.token_usd, plan.guardrail_usd) if plan else None
    yield from _rows(("spent", usd(spent.cost_usd)), ("services", f"on AWS's bill ({usd(services)} planned)"))


def _spent(view: RunView) -> Spent:
    return view.spent or Spent(None, None)


def _left(all_: Decimal | None, *parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return None if all_ is None or len(known) < len(parts) else max(Decimal(0), all_ - sum(known))


def _rows(*rows: tuple[str, str]) -> Iterator[str]:
    for name, value in rows:
        yield f"{name:<14} {value}"
