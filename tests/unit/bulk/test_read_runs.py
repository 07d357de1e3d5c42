"""What callers see of runs: live counts from commits, the report once it is there, pages, tenants."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.domain.bulk.run_view import Counts
from lambdas.shared.domain.bulk.spending import Spent, spent_from
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.services.bulk.read_runs import ReadRuns
from tests.simulator.archive import KEPT_USD, RECORD_USD, SimulatedDocument
from tests.simulator.world import World
from tests.unit.bulk.planning import Desk, texts, wish
from tests.unit.bulk.steps import calm_world, plain
from tests.unit.bulk.test_steps import RUN, listed, prepared, started


def reader(world: World) -> ReadRuns:
    return ReadRuns(runs=world.runs, shards=world.shards, files=world.files)


def test_counts_follow_what_steps_commit() -> None:
    skipped = SimulatedDocument("bulk/known.txt", "known")
    world = started(calm_world(*plain(150), skipped))
    assert reader(world).one("acme", RUN).counts == Counts(0, 0, 0, 0, 0)
    listed(world)
    assert reader(world).one("acme", RUN).counts == Counts(151, 0, 0, 151, 0)


def test_a_run_that_has_ended_shows_its_report() -> None:
    world = calm_world(*plain(150))
    world.live()
    view = reader(world).one("t", RUN)
    assert view.run.state is RunState.SUCCEEDED
    assert view.counts == Counts(150, 150, 0, 0, 0)
    assert view.report_key == RunLayout(RUN).report and view.report is not None and view.report["accounted"]
    assert view.spent == Spent(150 * (RECORD_USD + KEPT_USD), 150 * KEPT_USD) == spent_from(view.report)


def test_before_the_report_the_counts_are_the_same_as_in_it() -> None:
    world = calm_world(*plain(150))
    world.live()
    ended = reader(world).one("t", RUN)
    run = world.runs.get(RUN)
    world.runs.save(run._replace(state=RunState.RUNNING))
    going = reader(world).one("t", RUN)
    assert (going.counts, going.spent, going.report_key) == (ended.counts, ended.spent, None)


def test_a_key_file_that_is_done_is_read_once() -> None:
    world = prepared(listed(started(calm_world(*plain(150)))))
    reading = reader(world)
    first = reading.one("acme", RUN).counts
    for key in [key for key in world.files.commits if "/prepared/" in key]:
        del world.files.commits[key]
    assert reading.one("acme", RUN).counts == first


def test_before_the_listing_the_total_is_the_plan_s() -> None:
    desk = Desk(texts(150))
    run = desk.starter.start(wish())
    world = calm_world()
    world.runs.runs[run.run_id] = run
    view = reader(world).one("acme", run.run_id)
    assert view.counts == Counts(150, 0, 0, 150, 0) and view.plan is not None and view.plan.jobs == 1


def test_pages_hold_the_newest_first_and_each_run_once() -> None:
    world = calm_world()
    for number in range(5):
        world.runs.create(
            BulkRun(f"run_{9 - number}", "acme", "s3://a/", "m", CONSERVATIVE, created_at=f"2026-11-2{number}")
        )
    world.runs.create(BulkRun("run_x", "globex", "s3://a/", "m", CONSERVATIVE))
    reading, seen, cursor = reader(world), [], None
    while True:
        page = reading.page("acme", limit="2", cursor=cursor)
        seen += [view.run.run_id for view in page.views]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["run_5", "run_6", "run_7", "run_8", "run_9"]


def test_a_list_leaves_out_the_counts_of_what_is_too_large_to_count_in_it() -> None:
    world = calm_world()
    world.runs.create(BulkRun("run_1", "acme", "s3://a/", "m", CONSERVATIVE, key_files=1000, documents=500_000))
    (view,) = reader(world).page("acme", limit=None, cursor=None).views
    assert view.counts is None


@pytest.mark.parametrize(("limit", "cursor"), [("0", None), ("101", None), ("x", None), (None, "run_x")])
def test_a_bad_page_is_refused_and_a_foreign_cursor_opens_nothing(limit: str | None, cursor: str | None) -> None:
    world = calm_world()
    world.runs.create(BulkRun("run_x", "globex", "s3://a/", "m", CONSERVATIVE))
    with pytest.raises(InvalidInputError):
        reader(world).page("acme", limit=limit, cursor=cursor)


def test_another_tenant_s_run_is_not_there() -> None:
    world = started(calm_world(*plain(1)))
    for tenant, run_id in (("globex", RUN), ("acme", "run_nothing")):
        with pytest.raises(NotFoundError):
            reader(world).one(tenant, run_id)
