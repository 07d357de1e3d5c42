"""What each kind of caller gets from each operation: the expected side of the isolation matrix, and its page.

`python -m tests.e2e.verdicts` writes docs/isolation.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/isolation.md"

REFUSED = ("no key", "garbage", "unknown key", "tampered key", "disabled key", "expired key")
STRANGERS = (*REFUSED, "no scope", "other tenant", "other client", "other subject")
PRINCIPALS = (*STRANGERS, "owner")
MEANINGS = {
    "no key": "no Authorization header",
    "garbage": "`Bearer` and something that is no key",
    "unknown key": "a key of the right form that nobody was given",
    "tampered key": "the owner's key with its last character changed",
    "disabled key": "a disabled key of the owner's own client",
    "expired key": "an expired key of the owner's own client",
    "no scope": "a valid key of the owner's own client without the operation's scope",
    "other tenant": "all scopes; the tenant's name begins with the owner's",
    "other client": "all scopes, the owner's tenant",
    "other subject": "the owner's own key, speaking for somebody else (`X-Quarry-Subject`)",
    "owner": "who made it",
}


@dataclass(frozen=True)
class Verdict:
    """The status for each principal, and who may see what the owner made."""

    statuses: dict[str, int]
    seen_by: frozenset[str]


def _verdict(*, others: dict[str, int], owner: int = 200, seen_by: tuple[str, ...] = ("owner",)) -> Verdict:
    refused = {**dict.fromkeys(REFUSED, 401), "no scope": 403}
    return Verdict({**refused, **others, "owner": owner}, frozenset(seen_by))


_OTHERS = ("other tenant", "other client", "other subject")
_PERSONAL_ITEM = _verdict(others=dict.fromkeys(_OTHERS, 404))
_PERSONAL_LIST = _verdict(others=dict.fromkeys(_OTHERS, 200))
# Documents belong to the tenant: all of its clients, and all whom these speak for, see them.
_TENANT = ("other client", "other subject", "owner")
_TENANT_ITEM = _verdict(others={"other tenant": 404, "other client": 200, "other subject": 200}, seen_by=_TENANT)
_TENANT_LIST = _verdict(others=dict.fromkeys(_OTHERS, 200), seen_by=_TENANT)
_PUBLIC = Verdict(dict.fromkeys(PRINCIPALS, 200), frozenset())

# By operationId. A new operation needs its line here, and its request in test_isolation.py.
VERDICTS: dict[str, Verdict] = {
    "chat": _PERSONAL_ITEM,
    "streamChat": _PERSONAL_ITEM,
    "listConversations": _PERSONAL_LIST,
    "getConversation": _PERSONAL_ITEM,
    "renameConversation": _PERSONAL_ITEM,
    "deleteConversation": _verdict(others=dict.fromkeys(_OTHERS, 404), owner=204),
    # Everybody gets a form for the folder of the own tenant.
    "uploadDocument": _verdict(others=dict.fromkeys(_OTHERS, 201), owner=201, seen_by=()),
    # The owner's document is summarized, so it cannot be retried; that it exists is for its tenant alone.
    "retryDocument": _verdict(
        others={"other tenant": 404, "other client": 409, "other subject": 409}, owner=409, seen_by=()
    ),
    "listDocuments": _TENANT_LIST,
    "getDocument": _TENANT_ITEM,
    # a dialogue of the owner's; passages belong to the tenant
    "askDocuments": _PERSONAL_ITEM,
    "streamFromDocuments": _PERSONAL_ITEM,
    "findPassages": _verdict(others={"other tenant": 404, "other client": 200, "other subject": 200}, seen_by=_TENANT),
    # nothing of it is kept: whoever may ask is answered, and sees what it sent alone
    "summarizeText": _verdict(others=dict.fromkeys(_OTHERS, 200)),
    # the same of vectors
    **dict.fromkeys(
        ("embed", "compareTexts", "searchTexts", "classifyTexts", "clusterTexts"),
        _verdict(others=dict.fromkeys(_OTHERS, 200)),
    ),
    # A plan of the owner's folder: another tenant's runs may not read there, and nothing of it is shown.
    "startBulkRun": _verdict(others={"other tenant": 400, "other client": 200, "other subject": 200}, seen_by=()),
    "listBulkRuns": _TENANT_LIST,
    "getBulkRun": _TENANT_ITEM,
    # The owner's run has ended, so it cannot be resumed; that it exists is for its tenant alone.
    "resumeBulkRun": _verdict(
        others={"other tenant": 404, "other client": 409, "other subject": 409}, owner=409, seen_by=()
    ),
    # A run that has ended stays as it is.
    "stopBulkRun": _verdict(
        others={"other tenant": 404, "other client": 202, "other subject": 202}, owner=202, seen_by=_TENANT
    ),
    "listCollections": _TENANT_LIST,
    # Each tenant has names of its own: the owner's is no obstacle to another tenant's collection.
    "createCollection": _verdict(
        others={"other tenant": 201, "other client": 201, "other subject": 200}, seen_by=_TENANT
    ),
    "getCollection": _TENANT_ITEM,
    "deleteCollection": _verdict(
        others={"other tenant": 404, "other client": 204, "other subject": 204}, owner=204, seen_by=_TENANT
    ),
    "listItems": _TENANT_ITEM,
    "putItems": _verdict(others={"other tenant": 404, "other client": 200, "other subject": 200}, seen_by=()),
    "removeItems": _verdict(
        others={"other tenant": 404, "other client": 204, "other subject": 204}, owner=204, seen_by=_TENANT
    ),
    "searchCollection": _TENANT_ITEM,
    "classifyByCollection": _TENANT_ITEM,
    "getHealth": _PUBLIC,
    "getOpenApi": _PUBLIC,
}


def operations() -> dict[str, tuple[str, str]]:
    """operationId -> method and path, of the document that the API serves."""
    paths = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))["paths"]
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def page() -> str:
    """The matrix in Markdown."""
    lines = [
        "# Who sees what",
        "",
        "Generated from `tests/e2e/verdicts.py` (`make isolation`). `tests/e2e/test_isolation.py` sends each of these",
        "requests to a running stack: the status must be the one that stands here, and a random marker that the owner",
        "wrote must be absent from the answer, unless the cell says *sees it*; the owner's own read must then still",
        "show it. An operation of the OpenAPI document without a row fails the tests.",
        "",
        "| operation | " + " | ".join(PRINCIPALS) + " |",
        "|---|" + "---|" * len(PRINCIPALS),
    ]
    for name, (method, path) in operations().items():
        verdict = VERDICTS[name]
        sees = verdict.seen_by if method != "DELETE" else frozenset()
        cells = [f"{verdict.statuses[who]}{' sees it' if who in sees else ''}" for who in PRINCIPALS]
        lines.append(f"| `{method} {path}` | {' | '.join(cells)} |")
    lines += ["", *(f"- **{who}**: {meaning}" for who, meaning in MEANINGS.items()), ""]
    return "\n".join([*lines, *_BEYOND])


_BEYOND = (
    "Also held: a cursor of somebody else's page opens nothing of theirs; an `Idempotency-Key` of somebody else's call",
    "replays nothing of theirs; a file dropped under one tenant's segment of `inbox/` (also with `..` behind it) is no",
    "other tenant's document; a form for an upload leads into the own tenant's folder, whatever name was asked for.",
    "",
)

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
