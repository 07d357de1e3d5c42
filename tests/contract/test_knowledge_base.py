"""`KnowledgeBase`: the fake, and Bedrock's adapter over a local Knowledge Base."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from botocore.stub import Stubber

from lambdas.shared.adapters.aws_clients import bedrock_agent
from lambdas.shared.adapters.bedrock_knowledge_base import BedrockKnowledgeBase
from lambdas.shared.domain.errors import ModelThrottledError, ModelUnavailableError, QuarryError
from lambdas.shared.domain.knowledge.knowledge_base import Ingestion, KnowledgeBase, Standing, StoredDocument
from tests.contract.knowledge_wire import knowledge_base
from tests.fakes.knowledge import Clock, InMemoryKnowledgeBase
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse

METADATA = {"tenant": "acme", "year": 2024, "ratio": 0.5, "draft": False}


@pytest.fixture(scope="module")
def house() -> Iterator[KnowledgeHouse]:
    with knowledge_base("documents-port") as house:
        s3 = house.clients("s3")
        s3.create_bucket(Bucket="port-files")
        s3.put_object(Bucket="port-files", Key="good.txt", Body=b"Lanterns glow in the dark.")
        s3.put_object(Bucket="port-files", Key="bad.pdf", Body=b"no such thing")
        yield house


class Base:
    """A port and how its work is waited for."""

    def __init__(self, port: KnowledgeBase, finish: Callable[[], None], house: KnowledgeHouse | None = None) -> None:
        self.port, self._finish, self.house = port, finish, house

    def settled(self, document_id: str) -> StoredDocument:
        for _ in range(1000):
            self._finish()
            found = self.port.look([document_id])[document_id]
            if found.standing not in (Standing.INGESTING, Standing.DELETING):
                return found
        raise AssertionError(found)


@pytest.fixture(params=["fake", "bedrock"])
def base(request: pytest.FixtureRequest) -> Base:
    if request.param == "fake":
        fake = InMemoryKnowledgeBase(Clock())
        fake.broken["bad"] = Standing.FAILED
        return Base(fake, fake.finish)
    house: KnowledgeHouse = request.getfixturevalue("house")
    port = BedrockKnowledgeBase(house.agent, knowledge_base_id=house.base, data_source_id=house.source)
    return Base(port, lambda: time.sleep(0.005), house)


def ingestion(document_id: str, key: str = "good.txt") -> Ingestion:
    return Ingestion(document_id, f"s3://port-files/{key}", METADATA)


class TestEveryKnowledgeBase:
    def test_a_document_is_taken_in_and_told_to_be_indexed(self, base: Base) -> None:
        accepted = base.port.ingest([ingestion("one")])
        assert (accepted["one"].standing, accepted["one"].document_id) == (Standing.INGESTING, "one")
        indexed = base.settled("one")
        assert (indexed.standing, indexed.reason) == (Standing.INDEXED, "")
        assert indexed.changed_at is not None and accepted["one"].changed_at is not None
        assert indexed.changed_at >= accepted["one"].changed_at
        assert "one" in {each.document_id for each in base.port.all()}

    def test_a_corrupt_one_is_told_with_its_reason(self, base: Base) -> None:
        base.port.ingest([ingestion("bad", "bad.pdf")])
        failed = base.settled("bad")
        assert (failed.standing, "corrupt" in failed.reason) == (Standing.FAILED, True)

    def test_what_was_deleted_and_what_never_was_are_absent(self, base: Base) -> None:
        base.port.ingest([ingestion("two")])
        base.settled("two")
        base.port.delete(["two", "never"])
        assert base.settled("two").standing is Standing.ABSENT
        looked = base.port.look(["never", "two"])
        assert {each: stored.standing for each, stored in looked.items()} == dict.fromkeys(looked, Standing.ABSENT)
        assert set(looked) == {"never", "two"}


def test_the_metadata_keeps_its_types(house: KnowledgeHouse) -> None:
    port = BedrockKnowledgeBase(house.agent, knowledge_base_id=house.base, data_source_id=house.source)
    port.ingest([ingestion("typed")])
    house.settled("typed")
    (found,) = house.retrieve("lanterns", filter={"equals": {"key": "draft", "value": False}}, numberOfResults=1)
    assert {key: found["metadata"][key] for key in METADATA} == METADATA


def test_every_page_is_read() -> None:
    client = bedrock_agent.__wrapped__()
    stub = Stubber(client)
    identity = {"knowledgeBaseId": "A" * 10, "dataSourceId": "B" * 10}
    pages = [("a", "INDEXED", {"nextToken": "1"}), ("b", "IGNORED", {})]
    for name, status, more in pages:
        detail = {
            **identity,
            "status": status,
            "identifier": {"dataSourceType": "CUSTOM", "custom": {"id": name}},
        }
        token = {} if name == "a" else {"nextToken": "1"}
        stub.add_response("list_knowledge_base_documents", {"documentDetails": [detail], **more}, {**identity, **token})
    stub.activate()
    port = BedrockKnowledgeBase(client, knowledge_base_id="A" * 10, data_source_id="B" * 10)
    assert [(each.document_id, each.standing) for each in port.all()] == [
        ("a", Standing.INDEXED),
        ("b", Standing.FAILED),
    ]


@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", ModelThrottledError), ("ConflictException", ModelUnavailableError)],
)
def test_throttles_and_conflicts_are_told_apart_from_refusals(code: str, error: type[QuarryError]) -> None:
    client = bedrock_agent.__wrapped__()
    stub = Stubber(client)
    stub.add_client_error("ingest_knowledge_base_documents", code, "no", 400)
    stub.activate()
    port = BedrockKnowledgeBase(client, knowledge_base_id="A" * 10, data_source_id="B" * 10)
    with pytest.raises(error):
        port.ingest([ingestion("one")])
