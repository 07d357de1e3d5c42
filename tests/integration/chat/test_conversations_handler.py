"""GET, PATCH and DELETE of conversations with API Gateway's events, on moto."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.chat import conversations_handler, turn_handler
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, proxy_event, read_answer
from tests.fakes.models import ScriptedChatModel

Script = Callable[..., ScriptedChatModel]


def say(message: str, conversation_id: str | None = None, **event: Any) -> str:
    body = {"message": message, **({"conversation_id": conversation_id} if conversation_id else {})}
    answer = read_answer(turn_handler.handler(proxy_event("POST", "/chat", body, **event), STREAMING)).json()
    return str(answer["conversation_id"])


def call(method: str, conversation_id: str | None = None, body: Any = None, **event: Any) -> Answer:
    resource = "/conversations" if conversation_id is None else "/conversations/{id}"
    path = None if conversation_id is None else {"id": conversation_id}
    made = proxy_event(method, resource, body, path=path, **event)
    return read_answer(conversations_handler.handler(made, BUFFERED))


def pages(**request: Any) -> list[Any]:
    found, cursor = [], None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = call(query=query, **request).json()
        found.append(page["items"])
        if (cursor := page["next_cursor"]) is None:
            return found


@pytest.fixture(autouse=True)
def talkative(answering: Script) -> None:
    answering("An answer.")


class TestList:
    def test_is_empty_at_first(self) -> None:
        assert call("GET").json() == {"items": [], "next_cursor": None}

    def test_is_newest_first_in_pages(self) -> None:
        ids = [say(f"Conversation {number}") for number in range(5)]
        found = pages(method="GET")
        assert [len(page) for page in found] == [2, 2, 1]
        listed = [item["conversation_id"] for page in found for item in page]
        assert sorted(listed) == sorted(ids)
        assert listed == sorted(listed, reverse=True)

    def test_an_item_is_a_header(self) -> None:
        conversation_id = say("What is a quarry?")
        (item,) = call("GET").json()["items"]
        assert (item["conversation_id"], item["title"], item["message_count"]) == (
            conversation_id,
            "What is a quarry?",
            2,
        )
        assert item["created_at"].endswith("Z")
        assert item["created_at"] <= item["updated_at"]

    def test_shows_ones_own_only(self) -> None:
        say("Mine")
        for stranger in ({"tenant": "rival"}, {"client": "app"}):
            assert call("GET", **stranger).json()["items"] == []
        delegate = {"scopes": "chat delegate", "headers": {"X-Quarry-Subject": "bob"}}
        assert call("GET", **delegate).json()["items"] == []
        say("Bob's", **delegate)
        assert [item["title"] for item in call("GET", **delegate).json()["items"]] == ["Bob's"]

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1.5", "٣", "99999999999"])
    def test_a_bad_limit_is_a_400(self, limit: str) -> None:
        assert call("GET", query={"limit": limit}).status == 400

    @pytest.mark.parametrize("limit", ["1", "100"])
    def test_a_limit_has_edges(self, limit: str) -> None:
        assert call("GET", query={"limit": limit}).status == 200

    @pytest.mark.parametrize(
        "position", ["", "5", "conv_", "conv_" + "0" * 26 + "x", "\u00e9", "acme#shop#shop", "conversation#conv_x"]
    )
    def test_a_foreign_cursor_is_a_400(self, position: str) -> None:
        cursor = base64.urlsafe_b64encode(position.encode()).decode()
        assert call("GET", query={"cursor": cursor}).status == 400

    @pytest.mark.parametrize("cursor", ["%%%", "a", "=====", "é"])
    def test_garbage_for_a_cursor_is_a_400(self, cursor: str) -> None:
        assert call("GET", query={"cursor": cursor}).status == 400


class TestRead:
    def test_gives_header_and_messages_in_order_of_time(self) -> None:
        conversation_id = say("One")
        say("Two", conversation_id)
        body = call("GET", conversation_id).json()
        assert (body["conversation_id"], body["title"], body["message_count"]) == (conversation_id, "One", 4)
        assert [(item["number"], item["role"], item["text"]) for item in body["items"]] == [
            (0, "user", "One"),
            (1, "assistant", "An answer."),
            (2, "user", "Two"),
            (3, "assistant", "An answer."),
        ]
        assert (body["items"][0]["model"], body["items"][1]["model"]) == (None, "acme.small-v1:0")
        assert not body["items"][1]["interrupted"]

    def test_is_paged(self) -> None:
        conversation_id = say("One")
        for _ in range(2):
            say("More", conversation_id)
        found = pages(method="GET", conversation_id=conversation_id)
        assert [[item["number"] for item in page] for page in found] == [[0, 1], [2, 3], [4, 5]]

    @pytest.mark.parametrize("position", ["", "x", "123456789", "-1", "conv_" + "0" * 26])
    def test_a_foreign_cursor_is_a_400(self, position: str) -> None:
        cursor = base64.urlsafe_b64encode(position.encode()).decode()
        assert call("GET", say("One"), query={"cursor": cursor}).status == 400


class TestRename:
    def test_sets_the_title(self) -> None:
        conversation_id = say("One")
        answer = call("PATCH", conversation_id, {"title": "  Stones "})
        assert (answer.status, answer.json()["title"]) == (200, "Stones")
        assert call("GET").json()["items"][0]["title"] == "Stones"

    @pytest.mark.parametrize(
        "body", ["", {}, {"title": " "}, {"title": "x" * 121}, {"title": 1}, {"title": "a", "b": 1}]
    )
    def test_a_bad_title_is_a_400(self, body: Any) -> None:
        assert call("PATCH", say("One"), body).status == 400


class TestDelete:
    def test_removes_a_long_conversation_whole(self, dynamodb: Any) -> None:
        conversation_id = say("One")
        for number in range(14):
            say(f"More {number}", conversation_id)
        assert dynamodb.scan(TableName="conversations")["Count"] == 31
        answer = call("DELETE", conversation_id)
        assert (answer.status, answer.body) == (204, b"")
        assert dynamodb.scan(TableName="conversations")["Count"] == 0
        assert call("DELETE", conversation_id).status == 404

    def test_waits_for_a_running_turn(self) -> None:
        conversation_id = say("One")
        body = {"message": "More", "conversation_id": conversation_id}
        running = turn_handler.handler(proxy_event("POST", "/chat/stream", body), STREAMING)
        next(running)
        refused = call("DELETE", conversation_id)
        assert (refused.status, refused.json()["code"]) == (409, "conversation_busy")
        list(running)
        assert call("DELETE", conversation_id).status == 204


class TestIsolation:
    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    @pytest.mark.parametrize(
        "stranger",
        [
            {"tenant": "rival"},
            {"client": "app"},
            {"scopes": "chat delegate", "headers": {"X-Quarry-Subject": "bob"}},
            {"scopes": "admin", "tenant": "rival"},
        ],
        ids=["tenant", "client", "subject", "admin of another tenant"],
    )
    def test_anothers_conversation_is_a_404_as_if_it_were_not_there(
        self, method: str, stranger: dict[str, Any]
    ) -> None:
        conversation_id = say("Mine")
        body = {"title": "Stolen"} if method == "PATCH" else None
        foreign = call(method, conversation_id, body, **stranger)
        missing = call(method, "conv_" + "0" * 26, body, **stranger)
        assert (foreign.status, missing.status) == (404, 404)
        assert foreign.body == missing.body
        assert call("GET", conversation_id).json()["title"] == "Mine"

    @pytest.mark.parametrize("conversation_id", ["x", "conv_" + "U" * 26, "conv_../../x", "é", "conv_#|"])
    def test_an_impossible_id_is_a_404(self, conversation_id: str) -> None:
        assert call("GET", conversation_id).status == 404
        assert call("DELETE", conversation_id).status == 404

    def test_a_key_without_the_scope_is_a_403(self) -> None:
        assert call("GET", scopes="documents").status == 403
