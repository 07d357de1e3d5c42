"""Every operation against every kind of caller: nobody gets, changes or deletes what belongs to somebody else."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.api import Answer, call, wait_for
from tests.e2e.clients import add_key
from tests.e2e.conftest import RunningStack
from tests.e2e.verdicts import PAGE, PRINCIPALS, STRANGERS, VERDICTS, operations, page

OPERATIONS = operations()


@dataclass(frozen=True)
class House:
    """An owner, all the others, and what the owner made. Every principal is a set of headers."""

    stack: RunningStack
    tenant: str
    headers: dict[str, dict[str, str]]
    document_marker: str
    document_id: str
    run_id: str = ""

    @property
    def collection(self) -> str:
        """Its name holds the marker, as the text of its only item does."""
        return f"c-{self.document_marker}"

    def collect(self) -> None:
        """Make the owner's collection, also where it has been deleted, and put its item."""
        path = f"/collections/{self.collection}"
        assert self.call("owner", "PUT", path, {}).status in {200, 201}
        marker = self.document_marker
        item = {"id": "report", "text": f"The report of {marker}.", "metadata": {"label": marker}}
        assert self.call("owner", "PUT", f"{path}/items", {"items": [item]}).status == 200

    def call(self, who: str, method: str, path: str, body: object = None, **more: str) -> Answer:
        return call(self.stack.api_url, method, path, body, headers={**self.headers[who], **more})

    def converse(self, marker: str, who: str = "owner") -> str:
        """A new conversation that holds the marker, in its title and its messages."""
        answer = self.call(who, "POST", "/chat", {"message": f"Marker {marker}: my telescope is called Heron."})
        assert answer.status == 200, answer.text
        return str(answer.json["conversation_id"])


@pytest.fixture(scope="module")
def house(stack: RunningStack) -> House:
    tenant = f"iso-{secrets.token_hex(4)}"
    neighbour = f"{tenant}x"

    def bearer(key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def key_of(client: str = "web", of: str = tenant, **options: Any) -> str:
        return add_key(stack, tenant=of, client=client, **options)

    owner = key_of()
    headers = {
        "no key": {},
        "garbage": {"authorization": "Bearer garbage"},
        "unknown key": bearer(f"qk_{secrets.token_urlsafe(24)}"),
        "tampered key": bearer(owner[:-1] + ("A" if owner[-1] != "A" else "B")),
        "disabled key": bearer(key_of(disabled=True)),
        "expired key": bearer(key_of(expired=True)),
        "no scope": bearer(key_of(scopes=("delegate",))),
        "other tenant": bearer(key_of(of=neighbour)),
        "other client": bearer(key_of("app")),
        "other subject": {**bearer(owner), "x-quarry-subject": "mallory"},
        "owner": bearer(owner),
    }
    marker = secrets.token_hex(8)
    drop(stack, f"inbox/{tenant}/{marker}.txt", f"The report of {marker}. Herons nest in alders near the weir.")
    unfinished = House(stack, tenant, headers, marker, "")
    document = wait_for(lambda: summarized(unfinished, "owner", marker), what="the owner's document")
    source = archived(stack, tenant, marker)
    run = unfinished.call("owner", "POST", "/bulk-summaries", {"source": source}).json["run_id"]
    ended = wait_for(lambda: ended_run(unfinished, run), what="the owner's run", seconds=90)
    return House(stack, tenant, headers, marker, document["document_id"], ended["run_id"])


def archived(stack: RunningStack, tenant: str, marker: str) -> str:
    """A small archive whose address holds the marker."""
    bucket = stack.outputs["DocumentsBucketName"]
    for number in range(3):
        key = f"bulk/{tenant}/{marker}/{number}.txt"
        stack.client("s3").put_object(Bucket=bucket, Key=key, Body=b"Herons nest in alders near the weir.")
    return f"s3://{bucket}/bulk/{tenant}/{marker}/"


def ended_run(house: House, run_id: str) -> Any:
    run = house.call("owner", "GET", f"/bulk-summaries/{run_id}").json
    return run if run["state"] == "SUCCEEDED" else None


def drop(stack: RunningStack, key: str, text: str) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["DocumentsBucketName"], Key=key, Body=text.encode())


def summarized(house: House, who: str, marker: str) -> Any:
    items = house.call(who, "GET", "/documents?state=SUMMARIZED").json["items"]
    return next((item for item in items if marker in item["key"]), None)


# By operationId: method and path come from the document; here is what aims at the owner's property.
BODIES: dict[str, Callable[[str], object]] = {
    "chat": lambda conversation: {"message": "What did I say?", "conversation_id": conversation},
    "streamChat": lambda conversation: {"message": "What did I say?", "conversation_id": conversation},
    "summarizeText": lambda conversation: {"text": f"Herons nest in alders near the weir of {conversation}."},
    "embed": lambda conversation: {"input": f"Herons nest near the weir of {conversation}."},
    "compareTexts": lambda conversation: {"source": "A heron.", "targets": [f"The weir of {conversation}."]},
    "searchTexts": lambda conversation: {"query": "A heron.", "documents": [f"The weir of {conversation}."]},
    "classifyTexts": lambda conversation: {
        "text": f"The weir of {conversation}.",
        "classes": [{"label": "bird"}, {"label": "water"}],
    },
    "clusterTexts": lambda conversation: {"texts": ["A heron.", f"The weir of {conversation}."]},
    "renameConversation": lambda conversation: {"title": "taken over"},
    "uploadDocument": lambda conversation: UPLOAD,
    "createCollection": lambda conversation: {},
    "putItems": lambda conversation: {"items": [{"id": "other", "text": "Reeds along the bank."}]},
    "removeItems": lambda conversation: {"ids": ["report"]},
    "searchCollection": lambda conversation: {"text": "Which report?"},
    "classifyByCollection": lambda conversation: {"text": "Which report?"},
}
UPLOAD = {"name": "report.txt", "size": 3, "content_type": "text/plain"}
RUNS = {"startBulkRun", "listBulkRuns", "getBulkRun", "resumeBulkRun", "stopBulkRun"}
COLLECTIONS = {
    "listCollections", "createCollection", "getCollection", "deleteCollection",
    "listItems", "putItems", "removeItems", "searchCollection", "classifyByCollection", "findPassages",
}  # fmt: skip
ASKED = {"question": "Which report is it?"}
ASKING: dict[str, Callable[[str], dict[str, str]]] = {
    "askDocuments": lambda conversation: {"conversation_id": conversation},
    "streamFromDocuments": lambda conversation: {"conversation_id": conversation},
    "findPassages": lambda conversation: {},
}
DOCUMENTS = {"uploadDocument", "retryDocument", "listDocuments", "getDocument"}


def send(house: House, operation: str, who: str, conversation: str) -> Answer:
    method, path = OPERATIONS[operation]
    target = house.document_id if operation in DOCUMENTS else conversation
    target = house.run_id if operation in RUNS else target
    if operation == "startBulkRun":
        bucket = house.stack.outputs["DocumentsBucketName"]
        return house.call(who, method, path, {"source": f"s3://{bucket}/bulk/{house.tenant}/", "dry_run": True})
    body = BODIES[operation](conversation) if operation in BODIES else None
    if operation in ASKING:
        body = {**ASKED, **ASKING[operation](conversation), "collection": house.collection}
    # a new one, whose name says nothing of the owner's
    name = f"n-{conversation.removeprefix('conv_')}" if operation == "createCollection" else house.collection
    path = path.replace("{name}", name)
    return house.call(who, method, path.replace("{id}", target), body)


def shows(answer: Answer, marker: str) -> bool:
    return marker in answer.text or marker in str(answer.headers)


def owner_still_has_it(house: House, operation: str, conversation: str, marker: str) -> bool:
    """The control: a marker that nobody can find proves nothing about strangers."""
    if operation in RUNS:
        return shows(house.call("owner", "GET", f"/bulk-summaries/{house.run_id}"), marker)
    if operation in DOCUMENTS:
        return shows(house.call("owner", "GET", f"/documents/{house.document_id}"), marker)
    if operation in COLLECTIONS:
        return shows(house.call("owner", "GET", f"/collections/{house.collection}/items"), marker)
    read = house.call("owner", "GET", f"/conversations/{conversation}")
    return marker in read.json["title"] and marker in read.json["items"][0]["text"] and len(read.json["items"]) == 2


def test_every_operation_has_a_verdict_for_every_principal() -> None:
    assert set(VERDICTS) == set(OPERATIONS)
    for name, verdict in VERDICTS.items():
        assert set(verdict.statuses) == set(PRINCIPALS), name


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make isolation`"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_strangers_get_nothing_and_the_owner_everything(house: House, operation: str) -> None:
    verdict, marker = VERDICTS[operation], secrets.token_hex(8)
    conversation = house.converse(marker)
    marker = house.document_marker if operation in DOCUMENTS | RUNS | COLLECTIONS else marker
    if operation in COLLECTIONS or operation in ASKING:
        house.collect()
    wrong, answered = [], []
    for who in (*STRANGERS, "owner"):  # the owner last: it may delete
        if operation in {"deleteCollection", "removeItems"} and answered and answered[-1] in verdict.seen_by:
            house.collect()  # clients of one tenant may delete for each other
        if not owner_still_has_it(house, operation, conversation, marker):
            wrong.append(f"before {who}: the owner's own read has lost the marker")
        answer = send(house, operation, who, conversation)
        answered.append(who)
        if answer.status != verdict.statuses[who]:
            wrong.append(f"{who}: {answer.status} instead of {verdict.statuses[who]}: {answer.text[:200]}")
        may_see = who in verdict.seen_by
        if shows(answer, marker) and not may_see:
            wrong.append(f"{who} sees the marker")
        if may_see and OPERATIONS[operation][0] == "GET" and not shows(answer, marker):
            wrong.append(f"{who} does not see the marker")
    assert not wrong
    assert answered == list(PRINCIPALS)


@pytest.mark.parametrize("who", ["other tenant", "other client", "other subject"])
class TestWhatIsHandedOn:
    def test_a_cursor_of_the_owner_opens_nothing_of_the_owners(self, house: House, who: str) -> None:
        marker = secrets.token_hex(8)
        conversations = [house.converse(marker) for _ in range(3)]
        own = house.converse("mine", who)
        page = house.call("owner", "GET", "/conversations?limit=1")
        assert marker in page.text
        cursor = page.json["next_cursor"]
        stolen = house.call(who, "GET", f"/conversations?cursor={cursor}")
        assert stolen.status == 200 and not shows(stolen, marker)
        assert {item["conversation_id"] for item in stolen.json["items"]}.isdisjoint(conversations)
        messages = house.call("owner", "GET", f"/conversations/{conversations[0]}?limit=1").json["next_cursor"]
        assert messages
        assert house.call(who, "GET", f"/conversations/{conversations[0]}?cursor={messages}").status == 404
        assert not shows(house.call(who, "GET", f"/conversations/{own}?cursor={messages}"), marker)

    def test_an_idempotency_key_of_the_owner_replays_nothing(self, house: House, who: str) -> None:
        marker = secrets.token_hex(8)
        key = {"idempotency-key": f"order-{marker}"}
        body = {"message": f"Marker {marker}: what is a heron?"}
        first = house.call("owner", "POST", "/chat", body, **key)
        again = house.call("owner", "POST", "/chat", body, **key)
        stolen = house.call(who, "POST", "/chat", body, **key)
        assert (first.status, again.status, stolen.status) == (200, 200, 200)
        assert again.json["conversation_id"] == first.json["conversation_id"]
        assert stolen.json["conversation_id"] != first.json["conversation_id"]
        assert "idempotency-replayed" not in stolen.headers


@pytest.mark.parametrize("who", ["owner", "other tenant", "other client", "other subject"])
def test_a_form_for_an_upload_leads_into_the_own_tenants_folder(house: House, who: str) -> None:
    tenant = f"{house.tenant}x" if who == "other tenant" else house.tenant
    for name in ("report.txt", f"inbox/{house.tenant}/report.txt"):
        answer = house.call(who, "POST", "/documents", {**UPLOAD, "name": name}).json
        assert answer["key"] == answer["upload"]["fields"]["key"] == f"inbox/{tenant}/{name}"
    for name in (f"../{house.tenant}/report.txt", f"/inbox/{house.tenant}/report.txt"):
        assert house.call(who, "POST", "/documents", {**UPLOAD, "name": name}).status == 400


def test_a_cursor_of_another_tenants_documents_opens_nothing(house: House) -> None:
    marker = secrets.token_hex(8)
    drop(house.stack, f"inbox/{house.tenant}/{marker}.txt", f"The second report of {marker}: reeds along the bank.")
    wait_for(lambda: summarized(house, "owner", marker), what="the owner's second document")
    cursor = house.call("owner", "GET", "/documents?limit=1").json["next_cursor"]
    assert house.document_marker in house.call("owner", "GET", f"/documents?cursor={cursor}").text
    stolen = house.call("other tenant", "GET", f"/documents?cursor={cursor}")
    assert stolen.status in {200, 400}
    assert not shows(stolen, house.document_marker) and not shows(stolen, marker)


@pytest.mark.parametrize("path", ["{neighbour}/{marker}.txt", "{neighbour}/../{owner}/{marker}.txt"])
def test_a_dropped_file_is_the_document_of_its_own_segment_alone(house: House, path: str) -> None:
    marker = secrets.token_hex(8)
    key = "inbox/" + path.format(neighbour=f"{house.tenant}x", owner=house.tenant, marker=marker)
    drop(house.stack, key, f"The report of {marker}. Two rafts with clay pads were lent to the trust.")
    found = wait_for(lambda: summarized(house, "other tenant", marker), what=f"{key} with its own tenant")
    assert found["key"] == key
    for who in ("owner", "other client", "other subject"):
        assert not shows(house.call(who, "GET", "/documents?limit=100"), marker)
        assert house.call(who, "GET", f"/documents/{found['document_id']}").status == 404
