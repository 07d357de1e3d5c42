"""The demo's archive: a plan of 150 documents, a run through batch inference with a progress bar, and its report."""

from __future__ import annotations

import json
import time
from typing import Any

from local.demo.client import ApiClient, ApiError
from local.demo.screen import Screen, dollars
from local.stack import LocalStack

DOCUMENTS = 150  # a job takes 100 at least
WAIT_SECONDS = 180.0
_PREFIX = "bulk/local/letters/"
_PLACES = ("the weir", "the lower pond", "the alder wood", "the mill", "the north bank")
_BAR = 30


def play(stack: LocalStack, api: ApiClient, screen: Screen) -> dict[str, float | None]:
    """Fill an archive, plan it, run it; answers what its tokens and assessments cost, in USD."""
    screen.heading(f"An archive of {DOCUMENTS} documents through batch inference, at half the price")
    s3, bucket = stack.client("s3"), stack.outputs["DocumentsBucketName"]
    for number in range(DOCUMENTS):
        s3.put_object(Bucket=bucket, Key=f"{_PREFIX}{number:03}.txt", Body=_letter(number).encode())
    wish = {"source": f"s3://{bucket}/{_PREFIX}", "max_usd": 5}
    plan = api.post("/bulk-summaries", {**wish, "dry_run": True})
    screen.line(
        f"plan: {plan['documents']} documents, {plan['input_tokens']:,} ± {plan['token_bound']:,} tokens in, "
        f"{plan['jobs']} job of {plan['batch']} records, {plan['on_demand']} on demand, {dollars(plan['cost_usd'])}, "
        f"done by {plan['finish_by'][:16]}"
    )
    run = _follow(api, screen, api.post("/bulk-summaries", wish))
    report = json.loads(s3.get_object(Bucket=stack.outputs["ResultsBucketName"], Key=run["report_key"])["Body"].read())
    screen.line(f"report: {report['counts']}, every id accounted for: {report['accounted']}")
    tokens = run["cost_usd"] - run["guardrail_usd"]
    screen.line(
        f"tokens {dollars(tokens)} ({dollars(plan['token_usd'])} planned), guardrail {dollars(run['guardrail_usd'])} "
        f"({dollars(plan['guardrail_usd'])} planned); the next plan is made of what these answers took"
    )
    results = f"s3://{stack.outputs['ResultsBucketName']}"
    screen.note(f"{results}/{report['outcomes_key']} has a line for each document,")
    screen.note(f"{results}/{report['table_key']} the summaries as a table")
    return {"the archive": run["cost_usd"]}


def _follow(api: ApiClient, screen: Screen, run: Any) -> Any:
    begin, shown = time.monotonic(), ""
    while run["state"] in {"PLANNED", "RUNNING"}:
        if time.monotonic() - begin > WAIT_SECONDS:
            raise ApiError("the bulk run did not end in time")
        run = api.get(f"/bulk-summaries/{run['run_id']}")
        line = _bar(run)
        if line != shown:
            screen.line(line)
            shown = line
        time.sleep(0.3)
    if run["state"] != "SUCCEEDED":
        raise ApiError(f"the bulk run ended as {run['state']}: {run['reason']}")
    return run


def _bar(run: Any) -> str:
    counts = run["counts"]
    done = counts["total"] - counts["pending"]
    full = _BAR * done // max(1, counts["total"])
    return f"[{'#' * full}{'.' * (_BAR - full)}] {done:>3} of {counts['total']}  {run['phase']}"


def _letter(number: int) -> str:
    place = _PLACES[number % len(_PLACES)]
    return (
        f"Letter {number}. The herons have come back to {place} this spring. We counted {number % 11 + 3} nests, and "
        f"{number % 4} of them were lost in the April storm. The young birds are ringed in May; whoever walks by "
        f"{place} is asked to keep dogs on a lead until then."
    )
