"""How long planning half a million documents takes, beside listing them; `python -m benchmarks.bulk_plan`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from lambdas.shared.domain.bulk.archive_profile import ArchiveProfile, kind_of
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.planner import BulkPlan, Terms, plan_run
from lambdas.shared.domain.bulk.quotas import known_quotas
from lambdas.shared.domain.bulk.run_price import RequestShape, RunPrices
from lambdas.shared.domain.bulk.schedule import Pace, Wishes
from lambdas.shared.domain.bulk.token_estimate import Measured, estimate_content
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_card import ModelCard, Prices
from lambdas.shared.domain.model_catalog import ResolvedModel

DOCUMENTS = 500_000
_PRICES = Prices(
    input=Decimal("0.06"), output=Decimal("0.24"), batch_input=Decimal("0.03"), batch_output=Decimal("0.12")
)
_GUARDRAIL = GuardrailPrices(Decimal("0.15"), Decimal("0.15"), Decimal("0.10"))


def archive(documents: int) -> list[Entry]:
    """Keys and sizes as a listing gives them."""
    random = Random(1)
    kinds = ("txt", "txt", "pdf", "docx", "md")
    return [
        Entry("archive", f"bulk/{number // 1000}/{number}.{random.choice(kinds)}", int(random.lognormvariate(9, 1.2)))
        for number in range(documents)
    ]


def planned(entries: list[Entry]) -> BulkPlan:
    """Profile, sample, estimate and plan."""
    strata = ArchiveProfile().add_all(entries).strata()
    sample = [
        Measured(kind_of(entry.key), entry.size or 0, (entry.size or 0) // 4, entry.size or 0)
        for stratum in strata
        for entry in stratum.sample
    ]
    card = ModelCard("m", "Amazon", "chat", on_demand=True, prices=_PRICES)
    terms = Terms(
        shape=RequestShape(20_000, 300, 1200, 250, 1.5),
        prices=RunPrices(ResolvedModel("m", card), "output", _GUARDRAIL),
        quotas=known_quotas(settings={}, read={}),
        pace=Pace(),
        wishes=Wishes(),
        now=datetime(2026, 11, 21, tzinfo=UTC),
    )
    return plan_run(estimate_content(strata, sample), terms)


def measure(rounds: int = 5) -> str:
    """The best of some rounds, for a plan has no reason to vary."""
    entries = archive(DOCUMENTS)
    seconds = []
    for _ in range(rounds):
        begin = time.process_time()
        plan = planned(entries)
        seconds.append(time.process_time() - begin)
    return (
        f"{DOCUMENTS:,} documents: {min(seconds):.2f} s of one CPU, from their keys and sizes to the plan "
        f"({plan.jobs} jobs, {plan.cost_usd} USD, of which the guardrail {plan.guardrail_usd:.0f})."
    )


def main() -> None:
    print(measure())


if __name__ == "__main__":
    main()
