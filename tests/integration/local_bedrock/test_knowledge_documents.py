"""Knowledge Bases, data sources and their documents, through boto3."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.clock import set_time_scale
from tests.integration.local_bedrock.conftest import Clients
from tests.integration.local_bedrock.knowledge_house import (
    FIXED,
    KnowledgeHouse,
    attributes,
    in_s3,
    inline,
    knowledge_base,
)

FACTS = (
    "The harbour bridge was opened in 1932 and spans 503 metres. It carries eight lanes of road and two of rail. "
    "Painters need ten years for one coat. The toll was sixpence for a car and threepence for a horse. "
) * 3


@pytest.fixture(autouse=True)
def fast() -> Iterator[None]:
    set_time_scale(1000)
    yield
    set_time_scale(1)


@pytest.fixture(scope="module")
def house(clients: Clients) -> KnowledgeHouse:
    return KnowledgeHouse(clients, "documents")


@pytest.fixture(scope="module")
def bucket(clients: Clients) -> str:
    clients("s3").create_bucket(Bucket="knowledge-files")
    return "knowledge-files"


def test_what_was_created_can_be_read_listed_and_deleted(clients: Clients) -> None:
    house = KnowledgeHouse(clients, "lifecycle")
    agent = house.agent
    base = agent.get_knowledge_base(knowledgeBaseId=house.base)["knowledgeBase"]
    assert (base["name"], base["status"], base["storageConfiguration"]["type"]) == ("lifecycle", "ACTIVE", "S3_VECTORS")
    assert house.base in {each["knowledgeBaseId"] for each in agent.list_knowledge_bases()["knowledgeBaseSummaries"]}
    (listed,) = agent.list_data_sources(knowledgeBaseId=house.base)["dataSourceSummaries"]
    source = agent.get_data_source(**house.ids)["dataSource"]
    assert (listed["dataSourceId"], source["status"]) == (house.source, "AVAILABLE")
    assert source["vectorIngestionConfiguration"]["chunkingConfiguration"] == FIXED
    agent.delete_data_source(**house.ids)
    agent.delete_knowledge_base(knowledgeBaseId=house.base)
    with pytest.raises(agent.exceptions.ResourceNotFoundException):
        agent.get_knowledge_base(knowledgeBaseId=house.base)


def test_a_document_goes_through_its_states_and_is_found(clients: Clients, house: KnowledgeHouse) -> None:
    begun = house.agent.ingest_knowledge_base_documents(**house.ids, documents=[inline("bridge", FACTS)])
    (status,) = (each["status"] for each in begun["documentDetails"])
    assert status in {"STARTING", "IN_PROGRESS"}  # a busy machine may answer after the first stage
    (detail,) = house.settled("bridge")
    assert detail["status"] == "INDEXED"
    assert detail["updatedAt"] >= begun["documentDetails"][0]["updatedAt"]
    best = house.retrieve("When was the bridge opened?")[0]
    assert "1932" in best["content"]["text"]
    assert best["location"] == {"type": "CUSTOM", "customDocumentLocation": {"id": "bridge"}}
    assert best["metadata"]["x-amz-bedrock-kb-data-source-id"] == house.source


def test_a_replaced_document_answers_with_its_new_text_alone(house: KnowledgeHouse) -> None:
    house.ingest(inline("menu", "The soup of the day is pumpkin.", course="menu"))
    house.ingest(inline("menu", "The soup of the day is lentil.", course="menu"))
    texts = [each["content"]["text"] for each in house.retrieve("soup", filter=equals("course", "menu"))]
    assert texts == ["The soup of the day is lentil."]


def test_a_deleted_document_is_found_no_more(house: KnowledgeHouse) -> None:
    house.ingest(inline("secret", "The vault code is kept in the attic.", kind="gone"))
    assert house.retrieve("vault", filter=equals("kind", "gone"))
    assert [each["status"] for each in house.delete("secret")] == ["NOT_FOUND"]
    assert house.retrieve("vault", filter=equals("kind", "gone")) == []
    listed = house.agent.list_knowledge_base_documents(**house.ids)["documentDetails"]
    assert "secret" not in {each["identifier"]["custom"]["id"] for each in listed}


def test_documents_are_listed_in_pages(clients: Clients) -> None:
    house = KnowledgeHouse(clients, "pages")
    house.ingest(*(inline(f"d{number}", "A text.") for number in range(3)))
    first = house.agent.list_knowledge_base_documents(**house.ids, maxResults=2)
    rest = house.agent.list_knowledge_base_documents(**house.ids, maxResults=2, nextToken=first["nextToken"])
    found = first["documentDetails"] + rest["documentDetails"]
    assert [each["identifier"]["custom"]["id"] for each in found] == ["d0", "d1", "d2"]
    assert "nextToken" not in rest


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{each}</w:t></w:r></w:p>" for each in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>')
    return packed.getvalue()


def xlsx(*rows: str) -> bytes:
    cells = "".join(f'<row><c t="inlineStr"><is><t>{each}</t></is></c><c><v>7</v></c></row>' for each in rows)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain.txt", b"Penguins cannot fly."),
        ("page.html", b"<html><script>x()</script><p>Penguins cannot fly.</p></html>"),
        ("letter.docx", docx("Dear all,", "Penguins cannot fly.")),
        ("table.xlsx", xlsx("Penguins cannot fly.")),
    ],
)
def test_files_of_every_kind_are_read_from_s3(
    clients: Clients, house: KnowledgeHouse, bucket: str, name: str, data: bytes
) -> None:
    clients("s3").put_object(Bucket=bucket, Key=name, Body=data)
    (detail,) = house.ingest(in_s3(name, f"s3://{bucket}/{name}"))
    assert detail["status"] == "INDEXED", detail
    found = house.retrieve("Can penguins fly?", numberOfResults=100)
    assert [each for each in found if each["location"]["customDocumentLocation"]["id"] == name]


def test_the_page_of_a_pdf_is_told(clients: Clients, house: KnowledgeHouse, bucket: str) -> None:
    from tests.integration.local_bedrock.pdf import pdf

    clients("s3").put_object(Bucket=bucket, Key="two.pdf", Body=pdf("Apples are red.", "Zeppelins need helium."))
    (detail,) = house.ingest(in_s3("two.pdf", f"s3://{bucket}/two.pdf"))
    assert detail["status"] == "INDEXED", detail
    found = house.retrieve("zeppelin helium", numberOfResults=1)[0]
    assert found["metadata"]["x-amz-bedrock-kb-document-page-number"] == 1.0  # both pages fit into one chunk


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("broken.pdf", b"%PDF-1.7 nothing of the kind", "could not be parsed"),
        ("broken.docx", b"PK\x03\x04 nothing of the kind", "could not be parsed"),
        ("binary.txt", b"\x00\x01\x02" * 10, "corrupt"),
        ("empty.txt", b"  \n", "no text"),
        ("film.mp4", b"....", "not supported"),
    ],
)
def test_a_document_that_cannot_be_read_fails_with_its_reason(
    clients: Clients, house: KnowledgeHouse, bucket: str, name: str, data: bytes, reason: str
) -> None:
    clients("s3").put_object(Bucket=bucket, Key=name, Body=data)
    (detail,) = house.ingest(in_s3(name, f"s3://{bucket}/{name}"))
    assert detail["status"] == "FAILED"
    assert reason in detail["statusReason"]


def test_a_missing_object_and_too_much_metadata_fail(house: KnowledgeHouse, bucket: str) -> None:
    missing, large = house.ingest(
        in_s3("missing", f"s3://{bucket}/missing.txt"), inline("large", "Text.", a="x" * 1200, b="y" * 1200)
    )
    assert (missing["status"], large["status"]) == ("FAILED", "FAILED")
    assert "does not exist" in missing["statusReason"]
    assert "2048 bytes" in large["statusReason"]


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_requests_that_break_a_rule_are_refused(clients: Clients, house: KnowledgeHouse) -> None:
    ingest = house.agent.ingest_knowledge_base_documents
    eleven = [inline(f"d{number}", "Text.") for number in range(11)]
    assert "documents" in refused(ingest, **house.ids, documents=eleven)
    assert "different identifiers" in refused(ingest, **house.ids, documents=[inline("a", "x"), inline("a", "y")])
    s3 = {"content": {"dataSourceType": "S3", "s3": {"s3Location": {"uri": "s3://knowledge-files/x.txt"}}}}
    assert "type CUSTOM" in refused(ingest, **house.ids, documents=[s3])


def test_a_source_of_the_type_s3_takes_no_inline_metadata(clients: Clients, house: KnowledgeHouse, bucket: str) -> None:
    source = house.agent.create_data_source(
        knowledgeBaseId=house.base,
        name="s3",
        dataSourceConfiguration={"type": "S3", "s3Configuration": {"bucketArn": f"arn:aws:s3:::{bucket}"}},
    )["dataSource"]["dataSourceId"]
    ids = {"knowledgeBaseId": house.base, "dataSourceId": source}
    clients("s3").put_object(Bucket=bucket, Key="s3.txt", Body=b"Walrus tusks are teeth.")
    document = {"content": {"dataSourceType": "S3", "s3": {"s3Location": {"uri": f"s3://{bucket}/s3.txt"}}}}
    ingest = house.agent.ingest_knowledge_base_documents
    told = refused(ingest, **ids, documents=[{**document, "metadata": attributes(tenant="t")}])
    assert "Inline metadata is not supported" in told
    assert ingest(**ids, documents=[document])["documentDetails"][0]["identifier"]["s3"]["uri"].endswith("s3.txt")


def test_knowledge_bases_that_are_not_emulated_are_refused(clients: Clients) -> None:
    create = clients("bedrock-agent").create_knowledge_base
    pinecone = knowledge_base("pinecone", {"type": "PINECONE"})
    assert "S3_VECTORS, OPENSEARCH_SERVERLESS" in refused(create, **pinecone)
    assert "s3VectorsConfiguration" in refused(create, **knowledge_base("no-index", {"type": "S3_VECTORS"}))


def equals(key: str, value: Any) -> dict[str, Any]:
    return {"equals": {"key": key, "value": value}}
