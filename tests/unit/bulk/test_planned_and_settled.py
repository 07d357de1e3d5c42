"""What a plan says of a run's price, and what the run has cost: the planner's arithmetic against the real steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from lambdas.shared.domain.bulk.archive_plan import ArchivePlan
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE, BatchQuotas
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_price import GuardrailMode
from lambdas.shared.domain.bulk.source import AllowedSource
from lambdas.shared.domain.bulk.spending import Spent, spent_from
from lambdas.shared.domain.chat_model import ChatReply, ChatRequest, TokenUsage
from lambdas.shared.domain.guardrail import CheckedText, Guardrail, GuardrailReport, GuardrailUnits, Source
from lambdas.shared.domain.model_card import Prices
from lambdas.shared.domain.price import batch_price
from lambdas.shared.domain.summary import read_summary
from lambdas.shared.services.bulk.ask_on_demand import AskOnDemand
from lambdas.shared.services.bulk.carry_run import CarryRun
from lambdas.shared.services.bulk.measure_sample import MeasureSample
from lambdas.shared.services.bulk.merge_summaries import MergeSummaries
from lambdas.shared.services.bulk.plan_run import BulkDefaults, PlanRun
from lambdas.shared.services.bulk.settle_documents import SettleDocuments
from lambdas.shared.services.bulk.start_run import StartRun
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.model_slots import ModelSlots
from tests.fakes.bulk import InMemoryBulkWorkflow, InMemorySamples, ListedSource, StaticQuotas
from tests.fakes.documents import NOON
from tests.fakes.guardrails import GUARDRAIL
from tests.fakes.models import ScriptedChatModel, model_card, small_catalog
from tests.fakes.slots import InMemorySlots
from tests.simulator.world import World
from tests.unit.bulk.planning import PlainReader, wish
from tests.unit.bulk.test_summary_steps import PRICES, Bench

QUOTAS = CONSERVATIVE._replace(records_per_job=400, records_per_file=400, minimum_records=100, jobs=3)
CARD = model_card(
    prices=Prices(
        input=Decimal("0.06"), output=Decimal("0.24"), batch_input=Decimal("0.03"), batch_output=Decimal("0.12")
    )
)
ANYWHERE = AllowedSource("docs")
SENTENCES = (
    "The harbour was rebuilt in the spring of that year.",
    "Its walls are made of granite, 4.2 m high.",
    "Hébergement et péage: 12 € par navire.",
    "Every ship pays a toll, and nobody likes it.",
)


class UnitCounter:
    """A guardrail that lets everything pass and counts as Bedrock does: whole units, under three policies."""

    def check(self, text: str, *, guardrail: Guardrail, source: Source) -> CheckedText:
        units = -(-len(text) // 1000)
        return CheckedText(text, GuardrailReport(units=GuardrailUnits(units, units, units)))


class Talker:
    """Answers of quite different lengths, and a tokenizer of its own."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def answer(self, texts: str) -> tuple[str, TokenUsage]:
        words = "granite " * max(10, int(self._random.lognormvariate(4.6, 0.3)))
        fields = {"title": "Harbour", "summary": words, "key_points": ["A."], "topics": ["b"], "language": "en"}
        text = json.dumps(fields)
        return text, TokenUsage(round(len(texts) / 4.3) + 11, round(len(text) / 4.9))

    def reply(self, request: ChatRequest) -> ChatReply:
        text, usage = self.answer((request.system or "") + request.messages[0].text)
        return ChatReply(text, "end_turn", usage)

    def line(self, row: Mapping[str, Any]) -> dict[str, Any]:
        body = row["modelInput"]
        text, usage = self.answer(body["system"][0]["text"] + body["messages"][0]["content"][0]["text"])
        tokens = {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}
        message = {"role": "assistant", "content": [{"text": text}]}
        return {
            "recordId": row["recordId"],
            "modelOutput": {"output": {"message": message}, "stopReason": "end_turn", "usage": tokens},
        }


class Office(World):
    """The simulator's state machine without faults, around the real steps of documents."""

    def __init__(self, mode: GuardrailMode, seed: int = 1) -> None:
        self.mode, self.talker = mode, Talker(seed)
        self.bench = Bench(mode, section_tokens=2_000)
        for policy in (self.bench.keeper._policy, self.bench.preparer._policy):
            policy._checker = UnitCounter()
        self.catalog = small_catalog(CARD)
        self.catalog.guardrail_prices = PRICES
        super().__init__(seed, rates={}, documents=0)
        self.jobs._answer = self.talker.line
        self.contents: dict[str, bytes] = {}

    def _draw_quotas(self) -> BatchQuotas:
        return QUOTAS

    def _build_steps(self) -> None:
        super()._build_steps()
        settle = SettleDocuments(merger=MergeSummaries(requests=self.bench.requests), keeper=self.bench.keeper)
        self.prepare._preparer = self.bench.preparer
        for step in (self.collect, self.sweep):
            step._settle, step._check = settle, read_summary
        self.collect._price = lambda usage: batch_price(usage, CARD.prices)
        self.sweep._settle = SettleDocuments(merger=settle._merger, keeper=Bench().keeper)  # its answers are assessed
        self.sweep._asker = AskOnDemand(
            metered=lambda call_id: MeteredModels(
                models=ScriptedChatModel(self.talker.reply),
                catalog=self.catalog,
                ledger=self.bench.ledger,
                guardrail=GUARDRAIL if self.mode != "none" else None,
                checker=UnitCounter(),
                new_id=lambda: f"call-{call_id}",
            ),
            slots=ModelSlots(InMemorySlots(), most=9, seconds=10, now=lambda: NOON),
        )

    def fill(self, name: str, count: int, *, mean: float = 7.0) -> str:
        """Documents of very different lengths, a few of them in several sections; answers their prefix."""
        random, prefix = Random(name), f"{name}/"
        for number in range(count):
            length = int(random.lognormvariate(mean, 0.9))
            words = []
            while sum(map(len, words)) < length:
                words.append(random.choice(SENTENCES))
            kind = random.choice(("txt", "md"))
            self.contents[f"{prefix}{number:05}.{kind}"] = f"{number}. {' '.join(words)}".encode()
        return prefix

    def planner(self, prefix: str) -> PlanRun:
        entries = [Entry("docs", key, len(text)) for key, text in self.contents.items() if key.startswith(prefix)]
        for entry in entries:
            self.bench.put(self.contents[entry.key], entry.key)
        source = ListedSource(*(entries[start : start + 500] for start in range(0, len(entries), 500)))
        self.list._pages = source
        return PlanRun(
            runs=self.runs,
            pages=source,
            sample=MeasureSample(documents=InMemorySamples(self.contents), reader=PlainReader()),
            quotas=StaticQuotas(**QUOTAS._asdict()),
            catalog=self.catalog,
            prompts=self.bench.requests._prompts,
            tenants=self.bench.tenants,
            documents=self.bench.documents,
            defaults=BulkDefaults("fast", self.bench.requests._options, lambda tenant: [ANYWHERE], self.mode),
        )

    def plan(self, name: str, count: int) -> ArchivePlan:
        """Of a run over new documents."""
        return self.planner(self.fill(name, count)).plan(wish(f"s3://docs/{name}/"))

    def carry_out(self, planned: ArchivePlan) -> tuple[BulkRun, Spent]:
        """The run, and what it has cost when it has ended."""
        carry = CarryRun(runs=self.runs, workflow=InMemoryBulkWorkflow())
        run = StartRun(plan=self.planner(""), runs=self.runs, carry=carry).start_planned(planned)
        self.planner(planned.request.source.key)
        self.kernel.start(self.execution(run.run_id))
        assert self.kernel.run(
            until=lambda: self.runs.get(run.run_id).state is not RunState.RUNNING, longest=1e9, most_steps=100_000
        )
        assert self.runs.get(run.run_id).state is RunState.SUCCEEDED
        report = self.files.files[f"results/{run.run_id}/report.json"][0]
        return run, spent_from(report)


def check_ledger(office: Office, run: BulkRun, spent: Spent) -> None:
    """Jobs are in the simulator's ledger, everything else in the other one."""
    jobs = sum(job.cost_usd or 0 for job in office.ledger.jobs.values() if job.job_name in _jobs(office, run))
    events = [event for event in office.bench.ledger.events if event.subject == run.run_id]
    assert all(event.outcome == "completed" for event in events)
    assert spent.cost_usd == jobs + sum(event.cost_usd or 0 for event in events)
    assert spent.guardrail_usd == sum(event.guardrail_usd or 0 for event in events)


def _jobs(office: Office, run: BulkRun) -> set[str]:
    return {row.name for row in office.shards.of_run(run.run_id)}


@pytest.mark.parametrize("mode", ["none", "output", "both"])
@pytest.mark.parametrize("pilot", [60, 150], ids=["pilot-on-demand", "pilot-in-batch"])
def test_after_a_pilot_run_a_plan_and_its_settlement_differ_by_less_than_five_percent(
    mode: GuardrailMode, pilot: int
) -> None:
    office = Office(mode)
    office.carry_out(office.plan("pilot", pilot))
    planned = office.plan("archive", 1200)
    run, spent = office.carry_out(planned)
    plan = planned.plan
    assert plan.measured_on >= pilot and plan.cost_bound_usd is not None
    assert plan.token_usd is not None and plan.guardrail_usd is not None and spent.cost_usd is not None
    expected = plan.token_usd + plan.guardrail_usd
    assert abs(spent.cost_usd - expected) < expected / 20 + plan.cost_bound_usd
    assert spent.token_usd is not None
    assert abs(spent.token_usd - plan.token_usd) < plan.token_usd / 20 + plan.cost_bound_usd
    assert plan.cost_bound_usd < expected / 8, "a bound that says something"
    check_ledger(office, run, spent)


def test_the_first_plan_of_a_model_is_rather_too_dear() -> None:
    office = Office("output")
    planned = office.plan("first", 300)
    _, spent = office.carry_out(planned)
    assert planned.plan.measured_on == 0 and planned.plan.token_usd and spent.token_usd
    assert spent.token_usd < planned.plan.token_usd
