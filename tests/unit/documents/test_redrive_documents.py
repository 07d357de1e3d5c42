"""What an operator tries again, and what one document's refusal does to the others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from lambdas.shared.services.redrive_documents import RedriveDocuments
from lambdas.shared.services.retry_document import RetryDocument
from tests.fakes.documents import NOON, STEP, InMemoryDocumentStore, dropped, received, run_for
from tests.fakes.objects import InMemoryObjectStore
from tests.fakes.workflows import InMemoryWorkflow


class World:
    def __init__(self) -> None:
        self.store = InMemoryDocumentStore()
        self.objects = InMemoryObjectStore()
        self.workflow = InMemoryWorkflow()
        retry = RetryDocument(documents=self.store, objects=self.objects, workflow=self.workflow)
        self.service = RedriveDocuments(documents=self.store, retry=retry, now=lambda: NOON + timedelta(hours=1))

    def document(
        self, name: str, *, tenant: str = "acme", minutes: int = 0, code: str | None = "timed_out"
    ) -> SummaryRun:
        run = run_for(dropped(f"inbox/{tenant}/{name}.txt"), tenant=tenant)
        self.objects.write(run.bucket, run.key, b"text", content_type="text/plain", owner="")
        self.store.register(received(run, minutes=minutes))
        if code is not None:
            self.store.fail(run, Failure(code, "."), cost_usd=None)
        return run

    def chosen(
        self, tenant: str | None = None, codes: tuple[str, ...] = (), since: datetime | None = None
    ) -> list[str]:
        return [each.key.split("/")[-1] for each in self.service.choose(tenant=tenant, codes=codes, since=since)]


@pytest.fixture
def world() -> World:
    made = World()
    made.document("new", minutes=30)
    made.document("old", code="no_text")
    made.document("theirs", tenant="globex", minutes=10)
    made.document("waits", minutes=20, code=None)
    made.document("just-came", minutes=55, code=None)
    return made


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, ["old.txt", "theirs.txt", "waits.txt", "new.txt"]),
        ({"tenant": "acme"}, ["old.txt", "waits.txt", "new.txt"]),
        ({"codes": ("timed_out",)}, ["theirs.txt", "new.txt"]),
        ({"codes": ("no_text", "timed_out"), "tenant": "acme"}, ["old.txt", "new.txt"]),
        ({"since": NOON + timedelta(minutes=10)}, ["theirs.txt", "waits.txt", "new.txt"]),
        ({"tenant": "nobody"}, []),
    ],
)
def test_documents_are_chosen_by_tenant_code_and_time(
    world: World, choice: dict[str, object], expected: list[str]
) -> None:
    assert world.chosen(**choice) == expected  # type: ignore[arg-type]


def test_all_that_was_chosen_is_started_and_nothing_is_left_to_choose(world: World) -> None:
    chosen = world.service.choose(tenant=None)
    assert [each.refusal for each in world.service.redrive(chosen)] == [None] * 4
    assert len(world.workflow.runs) == 4
    assert not world.chosen(codes=("timed_out", "no_text"))
    attempts = {run.key.split("/")[-1]: run.attempt for run in world.workflow.runs.values()}
    assert attempts == {"old.txt": 2, "theirs.txt": 2, "new.txt": 2, "waits.txt": 1}


def test_documents_of_the_knowledge_base_are_left_to_their_own_command(world: World) -> None:
    before = world.chosen()
    for name, fails in (("failed", True), ("waits", False)):
        run = run_for(dropped(f"knowledge/acme/{name}.txt"))
        world.store.register(received(run))
        if fails:
            world.store.fail(run, Failure("ingestion_failed", "."), cost_usd=None)
    assert world.chosen() == before


def test_one_that_is_refused_does_not_hold_up_the_rest(world: World) -> None:
    gone = world.document("gone", minutes=1)
    world.objects.mark_deleted(gone.bucket, gone.key)
    chosen = world.service.choose(tenant="acme", codes=["timed_out"])
    outcomes = {each.document.document_id: each.refusal for each in world.service.redrive(chosen)}
    assert outcomes.pop(gone.document_id) == "document_gone"
    assert list(outcomes.values()) == [None]


def test_a_document_that_ends_meanwhile_is_told(world: World) -> None:
    (chosen,) = world.service.choose(tenant="globex")
    newer = run_for(dropped(chosen.key, version="v2", sequencer="02"), tenant="globex")
    world.store.register(received(newer))
    world.store.claim(newer, STEP)
    (outcome,) = world.service.redrive([chosen])
    assert outcome.refusal == "document_not_failed"
