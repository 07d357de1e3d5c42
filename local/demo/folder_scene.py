"""The demo's folder: documents of many formats and a long one, dropped together; a table of what became of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from local.demo.client import ApiClient, ApiError
from local.demo.long_text import logbook
from local.demo.screen import Screen, dollars
from local.stack import LocalStack

WAIT_SECONDS = 120.0
_LONG = "lighthouse-logbook.txt"
_ENDS = {"SUMMARIZED", "FAILED"}


def play(stack: LocalStack, api: ApiClient, screen: Screen, folder: Path) -> dict[str, float | None]:
    """Drop everything in `folder` and a text of a million characters; answers what they cost together, in USD."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    files[_LONG] = logbook().encode()
    screen.heading(
        f"A folder of {len(files)} documents dropped at once, one of them {len(files[_LONG]) // 1000:,} kB long"
    )
    s3, begin = stack.client("s3"), time.monotonic()
    for name, body in files.items():
        s3.put_object(Bucket=stack.outputs["DocumentsBucketName"], Key=f"inbox/local/folder/{name}", Body=body)
    documents = _wait_for_all(api, len(files))
    screen.note(f"{time.monotonic() - begin:.1f} s until all had ended")
    for document in documents:
        screen.line(_row(document))
    _tell_about_the_long_one(next(each for each in documents if each["key"].endswith(_LONG)), screen)
    costs = [document["cost_usd"] for document in documents if document["state"] == "SUMMARIZED"]
    return {"summaries of the folder": None if None in costs else sum(costs)}


def _wait_for_all(api: ApiClient, count: int) -> list[Any]:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        items = api.get("/documents?prefix=folder/&limit=100")["items"]
        if len(items) == count and all(item["state"] in _ENDS for item in items):
            views = [api.get(f"/documents/{item['document_id']}") for item in items]
            return sorted(views, key=lambda view: str(view["key"]))
        time.sleep(0.2)
    raise ApiError("the folder did not end in time")


def _row(document: Any) -> str:
    name = document["key"].rpartition("/")[2]
    if document["state"] == "FAILED":
        return f"{name:<30} FAILED      {document['error']['code']}"
    summary = document["summary"]
    return f"{name:<30} SUMMARIZED  {summary['language']}  {summary['title'][:60]}"


def _tell_about_the_long_one(document: Any, screen: Screen) -> None:
    usage = document["usage"]
    screen.note(
        f"{_LONG}: {document['sections']} sections, {usage['calls']} calls, {usage['input_tokens']:,} tokens in, "
        f"{dollars(document['cost_usd'])}"
    )
