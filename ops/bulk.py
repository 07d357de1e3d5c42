"""`bulk plan | run | status | stop | resume`: a whole archive, its price before it is spent, and its report."""

from __future__ import annotations

import argparse
import sys
import time
from decimal import Decimal, InvalidOperation

from lambdas.shared.domain.bulk.archive_plan import ArchivePlan, BulkWish, check_may_start
from lambdas.shared.domain.bulk.run import BulkRun, RunState
from lambdas.shared.services.bulk.resume_run import ResumeRun
from lambdas.shared.services.bulk.start_run import StartRun
from lambdas.shared.services.bulk.stop_run import StopRun
from ops.bulk_deployment import BulkDeployment, tell_listed
from ops.bulk_tables import plan_lines, progress_line, report_lines, run_row
from ops.deployed_stacks import OpsError

_LOOK_SECONDS = 2.0
_GOES_ON = (RunState.PLANNED, RunState.RUNNING)


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the group `bulk` to the command line."""
    commands = groups.add_parser("bulk", help="whole archives through batch inference").add_subparsers(
        required=True, metavar="command"
    )
    for name, run, what in (("plan", _plan, "say what a run would take"), ("run", _run, "plan, ask, start and follow")):
        command = commands.add_parser(name, help=what)
        command.add_argument("source", help="s3://bucket/prefix/, a list (.csv, .jsonl), an inventory's manifest.json")
        command.add_argument("--deadline", help="24h, 7d, or a time with its zone")
        command.add_argument("--max-usd", type=_amount, help="refused if it is planned to cost more")
        command.add_argument("--style", help="brief, bullets or detailed")
        command.add_argument("--model", help="an alias or an allowed id")
        command.set_defaults(run=run)
    command.add_argument("--yes", action="store_true", help="start without asking")
    command.add_argument("--detach", action="store_true", help="start and do not follow")
    status = commands.add_parser("status", help="follow a run, or list all of the tenant's")
    status.add_argument("run_id", nargs="?")
    status.set_defaults(run=_status, detach=False)
    stop = commands.add_parser("stop", help="stop a run; what its jobs have answered is kept")
    resume = commands.add_parser("resume", help="let a stopped run go on")
    resume.add_argument("--max-usd", type=_amount, help="a new budget for all of it")
    resume.add_argument("--sweep-limit", type=int, help="so many requests may be asked on demand, at full price")
    for command, act in ((stop, _stop), (resume, _resume)):
        command.add_argument("run_id")
        command.add_argument("--detach", action="store_true", help="do not follow")
        command.set_defaults(run=act)
    for command in commands.choices.values():
        command.add_argument("--tenant", default="local", help="whose run it is (default: local)")


def _plan(options: argparse.Namespace) -> None:
    check_may_start(_planned(BulkDeployment(options.stack_prefix), options))


def _run(options: argparse.Namespace) -> None:
    deployment = BulkDeployment(options.stack_prefix)
    planned = _planned(deployment, options)
    check_may_start(planned)
    if not options.yes and not _agreed():
        raise OpsError("not started; add --yes to start without being asked")
    starter = StartRun(plan=deployment.planner(tell_listed), runs=deployment.runs, carry=deployment.carry)
    _follow(deployment, starter.start_planned(planned), options)


def _status(options: argparse.Namespace) -> None:
    deployment = BulkDeployment(options.stack_prefix)
    if options.run_id:
        _follow(deployment, deployment.carry.of_tenant(options.tenant, options.run_id), options)
        return
    for run in sorted(deployment.runs.of_tenant(options.tenant), key=lambda run: run.created_at, reverse=True):
        print(run_row(run))


def _stop(options: argparse.Namespace) -> None:
    deployment = BulkDeployment(options.stack_prefix)
    _follow(deployment, StopRun(deployment.carry).stop(options.tenant, options.run_id), options)


def _resume(options: argparse.Namespace) -> None:
    deployment = BulkDeployment(options.stack_prefix)
    run = ResumeRun(deployment.carry).resume(
        options.tenant, options.run_id, sweep_limit=options.sweep_limit, max_usd=options.max_usd
    )
    _follow(deployment, run, options)


def _planned(deployment: BulkDeployment, options: argparse.Namespace) -> ArchivePlan:
    wish = BulkWish(options.tenant, options.source, options.style, options.model, options.deadline, options.max_usd)
    planned = deployment.planner(tell_listed).plan(wish)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    for line in plan_lines(planned):
        print(line)
    return planned


def _follow(deployment: BulkDeployment, run: BulkRun, options: argparse.Namespace) -> None:
    """Show where the run stands until it ends or is stopped; raises OpsError for one that has failed."""
    print(f"run {run.run_id} of tenant {run.tenant}", flush=True)
    if options.detach:
        print(f"follow it with: python -m ops bulk status {run.run_id} --tenant {run.tenant}")
        return
    reader, bar, shown = deployment.reader(), sys.stdout.isatty(), ""
    while True:
        view = reader.one(run.tenant, run.run_id)
        line = progress_line(view, bar=bar)
        if line != shown:
            print(f"\r\033[K{line}" if bar else line, end="" if bar else "\n", flush=True)
            shown = line
        if view.run.state not in _GOES_ON:
            break
        time.sleep(_LOOK_SECONDS)
    if bar:
        print()
    for line in report_lines(view, deployment.results_bucket):
        print(line)
    if view.run.state is RunState.FAILED:
        raise OpsError(f"run {run.run_id} failed: {view.run.reason}")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Start it? [y/N] ").strip().lower() in {"y", "yes"}


def _amount(text: str) -> Decimal:
    """Whether it makes sense is the planner's to say."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise argparse.ArgumentTypeError("must be a number of USD") from error
