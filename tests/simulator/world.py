"""One history: runs, their workflow as the state machine carries it out, workers that die, and an operator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from lambdas.shared.domain.bulk.quotas import BatchQuotas
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_decisions import ResumeAsked, Step, StopAsked, after
from lambdas.shared.domain.bulk.run_stores import RowChangedError
from lambdas.shared.domain.bulk.shard_job import Act, ShardRef
from lambdas.shared.domain.errors import ModelThrottledError, ModelUnavailableError
from lambdas.shared.services.bulk.advance_run import AdvanceRun
from lambdas.shared.services.bulk.advance_shard import AdvanceShard
from lambdas.shared.services.bulk.collect_shard import CollectShard
from lambdas.shared.services.bulk.cut_shards import CutShards
from lambdas.shared.services.bulk.list_source import ListSource
from lambdas.shared.services.bulk.prepare_documents import PrepareDocuments
from lambdas.shared.services.bulk.settle_documents import SettleDocuments
from lambdas.shared.services.bulk.sweep_part import SweepPart
from lambdas.shared.services.bulk.write_report import WriteReport
from tests.fakes.bulk import (
    InMemoryBulkRunStore,
    InMemoryJobLedger,
    InMemoryJobSlots,
    InMemoryRunFiles,
    InMemoryShardStore,
)
from tests.simulator.archive import RECORD_USD, Archive, check, draw_documents
from tests.simulator.batch_service import HOUR, Job, SimulatedBatchService
from tests.simulator.faults import Faults
from tests.simulator.kernel import Kernel, Process, Script
from tests.simulator.witness import STUCK, BrokenInvariantError, InvariantWitness

LONGEST_SECONDS = 120 * 24 * HOUR
MOST_STEPS = 100_000
# What a worker meets that the state machine tries again.
_AGAIN = (RowChangedError, ModelThrottledError, ModelUnavailableError)


class WorkerKilledError(BaseException):
    """The process is gone: no handler and no finally may count on running."""


@dataclass(frozen=True)
class History:
    """What a seed has led to."""

    seed: int
    trace: str
    states: tuple[RunState, ...]
    days: float
    steps: int
    faults: dict[str, int]
    jobs: int
    transitions: int


class World:
    def __init__(self, seed: int, *, rates: dict[str, float] | None = None, documents: int | None = None) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.faults = Faults(self.random, rates)
        self.kernel = Kernel()
        self.trace = hashlib.blake2b(digest_size=16)
        self.transitions = 0
        self._rivals: list[Callable[[], Any]] = []
        self._nested = False
        self._ids = 0
        self._running = 0
        self.quotas = self._draw_quotas()
        self._build(documents)

    def _draw_quotas(self) -> BatchQuotas:
        random = self.random
        records = random.randint(6, 24)
        return BatchQuotas(
            records_per_job=records,
            records_per_file=random.randint(6, records),
            file_bytes=random.choice((700, 1_000_000)),
            job_bytes=random.choice((1500, 1_000_000)),
            minimum_records=random.randint(1, 5),
            jobs=random.randint(1, 3),
        )

    def _build(self, documents: int | None) -> None:
        random, touch = self.random, self._touch
        self.files = InMemoryRunFiles(touch)
        self.runs = InMemoryBulkRunStore(touch)
        self.ledger = InMemoryJobLedger(touch)
        self.witness = InvariantWitness(self.files, lambda: self.shards, self.ledger, self.quotas.jobs)
        self.shards = InMemoryShardStore(touch, self.witness.row_saved)
        self.slots = InMemoryJobSlots(touch, self._skewed_clock)
        count = random.choice((1, 3, 8, 15, 30)) if documents is None else documents
        self.archive = Archive(random, self.faults, touch, draw_documents(random, count))
        self.jobs = SimulatedBatchService(
            kernel=self.kernel,
            random=random,
            faults=self.faults,
            files=self.files,
            answer=self.archive.line,
            witness=self.witness,
            quota=self.quotas.jobs + random.randint(0, 2),
            minimum=self.quotas.minimum_records,
            ended=self._announce,
            touch=touch,
        )
        self._build_steps()

    def _build_steps(self) -> None:
        stores = {"runs": self.runs, "shards": self.shards, "files": self.files}
        settle = SettleDocuments(merger=self.archive, keeper=self.archive)
        ids, up = self._new_id, lambda: self.faults.strike("short_time")
        self.advance = AdvanceRun(**stores)
        self.list = ListSource(runs=self.runs, files=self.files, pages=self.archive, new_id=ids)
        self.prepare = PrepareDocuments(
            runs=self.runs, files=self.files, preparer=self.archive, new_id=ids, time_is_up=up
        )
        self.cut = CutShards(**stores)
        self.advance_shard = AdvanceShard(**stores, jobs=self.jobs, slots=self.slots, region="r")
        self.collect = CollectShard(
            **stores,
            settle=settle,
            ledger=self.ledger,
            check=check,
            price=lambda _: RECORD_USD,
            new_id=ids,
            time_is_up=up,
        )
        self.sweep = SweepPart(**stores, asker=self.archive, settle=settle, check=check, new_id=ids, time_is_up=up)
        self.report = WriteReport(**stores)

    # ---- faults of workers

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self._ids:x}"

    def _skewed_clock(self) -> float:
        skew = self.random.uniform(-900, 900) if self.faults.strike("clock_skew") else 0.0
        return self.kernel.now + skew

    def _touch(self, where: str) -> None:
        """A port's effect begins or has ended: here a worker may die, or another one be in the same place."""
        self._say(where)
        if self._rivals and not self._nested and self.faults.strike("rival_step"):
            self._nested = True
            try:
                self._rivals[-1]()
            except (WorkerKilledError, *_AGAIN):
                pass
            finally:
                self._nested = False
        kind = "crash_after" if where.endswith(":after") else "crash_before"
        if self.faults.strike(kind):
            raise WorkerKilledError(where)

    def _say(self, what: str) -> None:
        self.trace.update(what.encode())

    def invoke(self, name: str, step: Callable[[], Any]) -> Script:
        """A task of the state machine: a worker that is killed is tried again, as is one whose answer got lost."""
        while True:
            yield self.random.uniform(0.05, 3.0)
            self.transitions += 1
            self._say(f"{self.kernel.now:.3f} {name}")
            self._rivals.append(step)
            try:
                result = step()
            except (WorkerKilledError, *_AGAIN):
                yield self.random.uniform(1.0, 120.0)
                continue
            finally:
                self._rivals.pop()
            if self.faults.strike("lost_result"):
                continue
            if self.faults.strike("doubled_step"):
                self.kernel.start(self._double(step), self.random.uniform(0.0, 300.0))
            return result

    def _double(self, step: Callable[[], Any]) -> Script:
        try:
            step()
        except (WorkerKilledError, *_AGAIN):
            pass
        return
        yield

    def _announce(self, job: Job) -> None:
        """An event that a job has ended: it may come late, twice, or not at all; it only hurries things up."""
        row = next((row for row in self.shards.rows.values() if row.name == job.request.name), None)
        while row is not None and self.faults.strike("event"):
            step = self._shard_step(row.ref)
            self.kernel.start(self._double(step), self.random.uniform(0.0, 2 * HOUR))

    def _shard_step(self, ref: ShardRef) -> Callable[[], Any]:
        return lambda: self.advance_shard.step(ref)

    # ---- the state machine

    def execution(self, run_id: str) -> Script:
        while True:
            step = yield from self.invoke("advance run", lambda: self.advance.step(run_id))
            if step is Step.END:
                return
            yield from self._state(run_id, step)

    def _state(self, run_id: str, step: Step) -> Script:
        start = self.kernel.start
        if step is Step.LIST:
            page: int | None = 0
            while page is not None:
                page = yield from self.invoke("list", partial(self.list.step, run_id, page))
        elif step is Step.PREPARE:
            rows = list(self.files.files[f"bulk/{run_id}/key-files.jsonl"])
            yield [start(self._prepare(run_id, row["number"], row["key"])) for row in rows]
        elif step is Step.CUT:
            yield from self.invoke("cut", lambda: self.cut.step(run_id))
        elif step is Step.RUN_SHARDS:
            round_, plan = self._plan(run_id)
            refs = iter([ShardRef(run_id, round_, index) for index in range(len(plan["shards"]))])
            # the map's concurrency: a shard that would only wait for a slot need not look for one
            yield [start(self._shards(refs)) for _ in range(self.quotas.jobs + 1)]
        elif step is Step.SWEEP:
            _, plan = self._plan(run_id)
            yield [start(self._sweep(run_id, index)) for index in range(len(plan["rest"]))]
        else:
            yield from self.invoke("report", lambda: self.report.step(run_id))

    def _plan(self, run_id: str) -> tuple[int, dict[str, Any]]:
        round_ = self.runs.runs[run_id].round
        plan = self.files.read(f"bulk/{run_id}/r{round_:03d}/plan.json")
        return round_, plan or {"shards": [], "rest": []}

    def _prepare(self, run_id: str, number: int, key: str) -> Script:
        while not (yield from self.invoke("prepare", lambda: self.prepare.step(run_id, number, key))):
            pass

    def _shards(self, refs: Iterator[ShardRef]) -> Script:
        for ref in refs:
            yield from self._shard(ref)

    def _shard(self, ref: ShardRef) -> Script:
        step = self._shard_step(ref)
        while True:
            progress = yield from self.invoke("advance shard", step)
            if progress.act is Act.COLLECT:
                progress = yield from self.invoke("collect", lambda: self.collect.step(ref))
            if progress.act is Act.DONE:
                return
            yield float(progress.seconds)

    def _sweep(self, run_id: str, index: int) -> Script:
        while not (yield from self.invoke("sweep", lambda: self.sweep.step(run_id, index))):
            pass

    # ---- people

    def start_run(self, run_id: str) -> None:
        run = BulkRun(
            run_id=run_id,
            tenant="t",
            source="s3://archive/bulk/",
            model_id="m",
            quotas=self.quotas,
            sweep_limit=self.random.choice((2, 10_000)),
            record_usd=RECORD_USD,
            max_usd=self.random.choice((None, RECORD_USD * 20)),
        )
        self.runs.create(run)
        self._running += 1
        self.kernel.start(self._operator(run_id), self.random.uniform(0, HOUR))

    def _operator(self, run_id: str) -> Script:
        """Starts the run, meddles with it, and wants it to go on in the end."""
        main = self.kernel.start(self.execution(run_id))
        if self.faults.strike("second_execution"):
            self.kernel.start(self.execution(run_id), self.random.uniform(0, 10 * HOUR))
        if self.faults.strike("execution_dies"):
            yield self.random.uniform(0, 12 * HOUR)
            main.kill()
        if self.faults.strike("operator_stops"):
            yield self.random.uniform(0, 6 * HOUR)
            self._change(run_id, StopAsked())
        while not self.runs.runs[run_id].state.ended:
            yield 3 * HOUR
            main = self._go_on(run_id, main)
        self._running -= 1

    def _go_on(self, run_id: str, main: Process) -> Process:
        if self.runs.runs[run_id].state is RunState.STOPPED:
            self._change(run_id, ResumeAsked(sweep_limit=10_000, max_usd=RECORD_USD * 10_000))
        return self.kernel.start(self.execution(run_id)) if main.over else main

    def _change(self, run_id: str, event: StopAsked | ResumeAsked) -> None:
        run = self.runs.runs[run_id]
        self.runs.runs[run_id] = after(run, event)._replace(version=run.version + 1)

    def _strangers(self) -> Script:
        while True:
            yield self.random.uniform(HOUR, 8 * HOUR)
            ours = [job.request.name for job in self.jobs.alive() if not job.stranger]
            name = f"{ours[0]}-copy" if ours else "nightly"
            self.jobs.add_stranger(name, self.random.uniform(0.5, 4))

    # ---- a history

    def live(self, runs: int = 1) -> History:
        """Let it all happen. Raises BrokenInvariantError."""
        names = [f"run{number}" for number in range(runs)]
        for name in names:
            self.start_run(name)
        if self.faults.strike("strangers"):
            self.kernel.start(self._strangers())
        ended = self.kernel.run(
            until=lambda: self._running == 0,
            longest=LONGEST_SECONDS,
            most_steps=MOST_STEPS,
        )
        if not ended:
            where = [(run.state, run.phase, run.round, run.reason) for run in self.runs.runs.values()]
            raise BrokenInvariantError(STUCK, f"day {self.kernel.now / 86400:.0f}, {self.kernel.steps} steps: {where}")
        for name in names:
            self.witness.check_end(name, self.archive, self.runs.runs[name].state)
        self.witness.check_ledger(self.archive)
        return self._history(names)

    def _history(self, names: list[str]) -> History:
        return History(
            seed=self.seed,
            trace=self.trace.hexdigest(),
            states=tuple(self.runs.runs[name].state for name in names),
            days=self.kernel.now / 86400,
            steps=self.kernel.steps,
            faults=self.faults.seen,
            jobs=len(self.witness.jobs),
            transitions=self.transitions,
        )


def live(seed: int, *, rates: dict[str, float] | None = None, documents: int | None = None) -> History:
    """The history of a seed; every third one has two runs over the same prefix. Raises BrokenInvariantError."""
    return World(seed, rates=rates, documents=documents).live(runs=2 if seed % 3 == 2 else 1)
