"""A shard's way through its jobs, decision by decision."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.domain.bulk.batch_jobs import JobStatus, JobView, job_named
from lambdas.shared.domain.bulk.shard_decisions import (
    LOOKS_FOR_OUTPUT,
    MISSES_BELIEVED,
    MISSES_UNTIL_VANISHED,
    MOST_ATTEMPTS,
    Assembled,
    Event,
    NoAnswer,
    NotNow,
    Refused,
    Seen,
    SlotReleased,
    SlotsFull,
    SlotTaken,
    StopSent,
    Submitted,
    after,
    due,
    output_is_late,
)
from lambdas.shared.domain.bulk.shard_job import Act, ShardPhase, ShardRef, ShardRow, job_name, wait_seconds

REF = ShardRef("run", 0, 3)
NEW = ShardRow(REF)
READY = ShardRow(REF, ShardPhase.READY)
SUBMITTING = ShardRow(REF, ShardPhase.SUBMITTING)
RUNNING = ShardRow(REF, ShardPhase.RUNNING, job_id="arn")


def view(status: JobStatus, succeeded: int | None = 5) -> JobView:
    return JobView("arn", SUBMITTING.name, status, "why", succeeded=succeeded)


def ended(status: JobStatus, succeeded: int | None = 5, *, attempt: int = 1) -> ShardRow:
    row, act = after(RUNNING._replace(attempt=attempt), Seen(view(status, succeeded)), stop=False)
    assert (row.phase, act) == (ShardPhase.ENDED, Act.RELEASE_SLOT)
    return row


def test_files_first_then_a_slot_then_the_row_then_the_job() -> None:
    assert due(NEW, stop=False) is Act.ASSEMBLE
    row, act = after(NEW, Assembled(), stop=False)
    assert (row.phase, act) == (ShardPhase.READY, Act.TAKE_SLOT)
    row, act = after(row, SlotTaken(), stop=False)
    assert (row.phase, act) == (ShardPhase.SUBMITTING, Act.SUBMIT)
    row, act = after(row, Submitted("arn"), stop=False)
    assert (row.phase, row.job_id, act) == (ShardPhase.RUNNING, "arn", Act.WAIT)


def test_without_a_slot_it_waits_longer_and_longer() -> None:
    row, act = after(READY, SlotsFull(), stop=False)
    assert (row.phase, row.waits, act) == (ShardPhase.READY, 1, Act.WAIT)
    assert after(row, SlotsFull(), stop=False)[0].waits == 2


@pytest.mark.parametrize("event", [NotNow()])
def test_a_submit_that_was_turned_away_is_sent_again_as_the_same_attempt(event: Event) -> None:
    row, act = after(SUBMITTING, event, stop=False)
    assert (row.phase, row.name, act) == (ShardPhase.READY, SUBMITTING.name, Act.WAIT)


def test_a_submit_without_an_answer_is_looked_for_before_anything_else() -> None:
    row, act = after(SUBMITTING, NoAnswer(), stop=False)
    assert (row.phase, act) == (ShardPhase.SUBMITTING, Act.WAIT)
    assert due(row, stop=False) is Act.FIND


def test_a_job_that_is_found_by_name_is_taken_over() -> None:
    row, act = after(SUBMITTING, Seen(view(JobStatus.IN_PROGRESS)), stop=False)
    assert (row.phase, row.job_id, act) == (ShardPhase.RUNNING, "arn", Act.LOOK)


def test_only_after_several_looks_it_is_believed_that_a_submit_never_arrived() -> None:
    row = SUBMITTING
    for _ in range(MISSES_BELIEVED - 1):
        row, act = after(row, Seen(None), stop=False)
        assert (row.phase, act) == (ShardPhase.SUBMITTING, Act.WAIT)
    row, _ = after(row, Seen(None), stop=False)
    assert (row.phase, row.name) == (ShardPhase.READY, SUBMITTING.name)


def test_what_the_service_refuses_is_not_sent_again_but_goes_into_the_next_round() -> None:
    row, act = after(SUBMITTING, Refused("no such role"), stop=False)
    assert (row.phase, row.status, row.message, act) == (
        ShardPhase.ENDED,
        JobStatus.REFUSED,
        "no such role",
        Act.RELEASE_SLOT,
    )
    assert after(row, SlotReleased(), stop=False)[1] is Act.COLLECT


@pytest.mark.parametrize("status", [each for each in JobStatus if not each.ended])
def test_while_the_job_lives_it_waits(status: JobStatus) -> None:
    row, act = after(RUNNING, Seen(view(status)), stop=False)
    assert (row.phase, row.status, act) == (ShardPhase.RUNNING, status, Act.WAIT)


@pytest.mark.parametrize(
    "status", [JobStatus.COMPLETED, JobStatus.PARTIALLY_COMPLETED, JobStatus.STOPPED, JobStatus.EXPIRED]
)
def test_what_an_ended_job_has_answered_is_collected(status: JobStatus) -> None:
    row, act = after(ended(status, 0), SlotReleased(), stop=False)
    assert (row.phase, act) == (ShardPhase.COLLECTING, Act.COLLECT)


def test_a_failed_job_is_tried_again_under_another_name() -> None:
    row, act = after(ended(JobStatus.FAILED, 0), SlotReleased(), stop=False)
    assert (row.phase, row.attempt, act) == (ShardPhase.READY, 2, Act.TAKE_SLOT)
    assert row.name != RUNNING.name
    assert (row.earlier, row.message, row.job_id) == ((RUNNING.name,), "why", "")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(ended(JobStatus.FAILED, 3), id="it has answered some"),
        pytest.param(ended(JobStatus.FAILED, None), id="nobody says how many it has answered"),
        pytest.param(ended(JobStatus.FAILED, 0, attempt=MOST_ATTEMPTS), id="too often"),
    ],
)
def test_a_failed_job_is_collected_where_another_attempt_would_be_wrong(row: ShardRow) -> None:
    assert after(row, SlotReleased(), stop=False)[1] is Act.COLLECT


def test_a_stopped_run_makes_no_new_attempt() -> None:
    assert after(ended(JobStatus.FAILED, 0), SlotReleased(), stop=True)[1] is Act.COLLECT


def test_a_job_that_the_service_forgets_is_given_up_after_hours() -> None:
    row = RUNNING
    for _ in range(MISSES_UNTIL_VANISHED - 1):
        row, act = after(row, Seen(None), stop=False)
        assert act is Act.WAIT
    row, _ = after(row, Seen(None), stop=False)
    assert (row.phase, row.status) == (ShardPhase.ENDED, JobStatus.VANISHED)


def test_a_job_that_is_known_again_was_not_forgotten() -> None:
    row, _ = after(RUNNING._replace(misses=5), Seen(view(JobStatus.IN_PROGRESS)), stop=False)
    assert row.misses == 0


@pytest.mark.parametrize("row", [NEW, READY])
def test_what_was_not_sent_when_the_run_is_stopped_gives_its_slot_back_and_stays_unsent(row: ShardRow) -> None:
    assert due(row, stop=True) is Act.RELEASE_SLOT
    row, act = after(row, SlotReleased(), stop=True)
    assert (row.phase, act, row.over) == (ShardPhase.UNSENT, Act.DONE, True)


def test_a_running_job_of_a_stopped_run_is_stopped_once_and_then_collected() -> None:
    assert due(RUNNING, stop=True) is Act.STOP
    row, _ = after(RUNNING, StopSent(), stop=True)
    assert due(row, stop=True) is Act.LOOK
    row, _ = after(row, Seen(view(JobStatus.STOPPED)), stop=True)
    assert after(row, SlotReleased(), stop=True)[1] is Act.COLLECT


def test_a_submit_in_doubt_is_sent_again_though_the_run_is_to_stop_so_that_no_job_is_left_alone() -> None:
    row = SUBMITTING
    for _ in range(MISSES_BELIEVED):
        row, _ = after(row, Seen(None), stop=True)
    assert (row.phase, row.doubted, due(row, stop=True)) == (ShardPhase.READY, True, Act.TAKE_SLOT)
    row, act = after(row, SlotTaken(), stop=True)
    assert act is Act.SUBMIT
    row, _ = after(row, Submitted("arn"), stop=True)
    assert (row.doubted, due(row, stop=True)) == (False, Act.STOP)


def test_a_submit_in_doubt_is_looked_for_also_when_the_run_is_stopped() -> None:
    assert due(SUBMITTING, stop=True) is Act.FIND


def test_output_that_the_service_counts_is_waited_for_but_not_forever() -> None:
    row = ended(JobStatus.COMPLETED, 5)
    assert output_is_late(row, 4)
    assert not output_is_late(row, 5)
    assert not output_is_late(row._replace(waits=LOOKS_FOR_OUTPUT), 4)
    assert not output_is_late(row._replace(succeeded=None), 0)


EVENTS = st.one_of(
    st.sampled_from(
        [Assembled(), SlotTaken(), SlotsFull(), Submitted("arn"), NotNow(), Refused("no"), NoAnswer(), StopSent()]
    ),
    st.just(SlotReleased()),
    st.builds(Seen, st.none() | st.builds(view, st.sampled_from(JobStatus), st.sampled_from([None, 0, 3]))),
)
ROWS = st.builds(
    ShardRow,
    ref=st.just(REF),
    phase=st.sampled_from(ShardPhase),
    attempt=st.integers(1, MOST_ATTEMPTS),
    job_id=st.just("arn"),
    status=st.just("") | st.sampled_from(JobStatus),
    message=st.just(""),
    succeeded=st.sampled_from([None, 0, 3]),
    stopping=st.booleans(),
    misses=st.integers(0, 30),
    waits=st.integers(0, 30),
    doubted=st.booleans(),
    earlier=st.just(()),
    settlement=st.just(""),
    version=st.integers(0, 9),
)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(row=ROWS, event=EVENTS, stop=st.booleans())
def test_whatever_happens_a_job_is_submitted_only_from_a_saved_row(row: ShardRow, event: Event, stop: bool) -> None:
    assert due(row, stop=stop) is not Act.SUBMIT
    later, act = after(row, event, stop=stop)
    if act is Act.SUBMIT:
        assert (row.phase, later.phase) == (ShardPhase.READY, ShardPhase.SUBMITTING)
        assert isinstance(event, SlotTaken)
    assert later.attempt in (row.attempt, row.attempt + 1)
    assert later.attempt <= MOST_ATTEMPTS
    if later.attempt != row.attempt:
        assert row.phase is ShardPhase.ENDED, "another attempt beside a job that may live"
    if row.over:
        assert later == row, "what is over stays as it is"


def test_a_job_s_name_fits_bedrock_and_differs_for_every_run_round_shard_and_attempt() -> None:
    names = {
        job_name(ShardRef(run, round_, shard), attempt)
        for run in ("a", "b", "a1")
        for round_ in range(12)
        for shard in range(12)
        for attempt in (1, 2, 3)
    }
    assert len(names) == 3 * 12 * 12 * 3
    # both patterns of CreateModelInvocationJob: jobName and clientRequestToken
    assert all(re.fullmatch(r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9])*", name) and len(name) <= 63 for name in names)


def test_jobs_of_strangers_are_not_taken_for_ours() -> None:
    ours, theirs = view(JobStatus.COMPLETED), view(JobStatus.FAILED)._replace(name=f"{SUBMITTING.name}-copy")
    assert job_named(SUBMITTING.name, [theirs, ours]) == ours
    assert job_named(SUBMITTING.name, [theirs]) is None


def test_waits_grow_from_one_minute_to_ten_and_a_day_takes_about_150_looks() -> None:
    waits = [wait_seconds(number) for number in range(1, 200)]
    assert waits[0] == 60
    assert waits[-1] == 600
    assert waits == sorted(waits)
    looks = next(number for number in range(200) if sum(waits[:number]) >= 24 * 3600)
    assert 140 <= looks <= 155
    assert wait_seconds(10**9) == 600
