"""Whatever happens in whatever order: the simulator's histories, and what makes them worth believing."""

from __future__ import annotations

from collections import Counter

import pytest

from lambdas.shared.domain.bulk.run import RunState
from tests.simulator.faults import KINDS
from tests.simulator.mutants import MUTANTS, STOPPED_IN_DOUBT, Mutant
from tests.simulator.witness import COUNTS, EXACTLY_ONCE, LEDGER, MONEY, ONE_JOB, SLOTS, STUCK, BrokenInvariantError
from tests.simulator.world import live

SEEDS = 2000
CHUNK = 100
# A broken invariant is repeated by its seed: `live(seed)`.
CHUNKS = [range(start, start + CHUNK) for start in range(0, SEEDS, CHUNK)]

seen: Counter[str] = Counter()


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_every_document_of_every_history_ends_exactly_once_and_is_paid_and_counted_as_it_should(seeds: range) -> None:
    for seed in seeds:
        history = live(seed)
        seen.update(history.faults)
        assert set(history.states) == {RunState.SUCCEEDED}


def test_every_kind_of_fault_has_struck() -> None:
    """Depends on the histories above; alone it lives through some of them."""
    for seed in range(0 if seen else 150):
        seen.update(live(seed).faults)
    assert not set(KINDS) - set(seen)


@pytest.mark.parametrize("seed", [3, 11, 44, 251])
def test_a_seed_repeats_its_history_to_the_last_effect(seed: int) -> None:
    first, second = live(seed), live(seed)
    assert first == second
    assert first.trace != live(seed + 1).trace


def test_without_faults_a_run_takes_one_job_for_each_shard_and_no_more() -> None:
    history = live(0, rates={}, documents=30)
    assert history.states == (RunState.SUCCEEDED,)
    assert history.faults == {}
    assert history.days < 5


@pytest.mark.parametrize("kind", ["job_fails", "job_expires", "job_stopped_by_stranger", "missing_row", "error_row"])
def test_where_a_fault_always_strikes_the_run_still_ends(kind: str) -> None:
    for seed in (1, 4, 7):
        assert set(live(seed, rates={kind: 1.0}, documents=12).states) == {RunState.SUCCEEDED}


def test_a_run_that_is_stopped_while_a_submit_is_in_doubt_leaves_no_job_alone() -> None:
    for seed in range(200):
        live(seed, rates=STOPPED_IN_DOUBT, documents=12)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_bulk_run_with_a_mistake_is_caught(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.apply(monkeypatch)
    rules = set()
    for seed in range(200):
        try:
            mutant.live(seed)
        except BrokenInvariantError as error:
            rules.add(error.rule)
            if error.rule == mutant.rule:
                return
    pytest.fail(f"not caught within 200 seeds; {rules or 'nothing'} was")


def test_every_invariant_has_a_mutant() -> None:
    assert {mutant.rule for mutant in MUTANTS} == {EXACTLY_ONCE, ONE_JOB, LEDGER, COUNTS, MONEY, SLOTS, STUCK}
