"""Converse and ConverseStream through boto3."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError
from fpdf import FPDF

from local.bedrock.embedded.embedded_brain import EmbeddedBrain
from local.bedrock.errors import ModelError

FACT = "My name is Ada and I am building a radio telescope called Heron in Lisbon."
MODEL = "amazon.nova-lite-v1:0"


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"text": block} if isinstance(block, str) else block for block in blocks]}


def text_of(answer: dict[str, Any]) -> str:
    return str(answer["output"]["message"]["content"][0]["text"])


@pytest.mark.parametrize(
    "model_id",
    [
        "amazon.titan-text-lite-v1",
        "anthropic.claude-v2",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "eu.amazon.nova-pro-v1:0",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-8b-instruct-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
        "a-model-of-next-year",
    ],
)
def test_any_model_id_is_answered(runtime: Any, model_id: str) -> None:
    answer = runtime.converse(modelId=model_id, messages=[user(FACT)])
    assert "Heron" in text_of(answer)
    assert answer["stopReason"] == "end_turn"


def test_the_answer_says_what_it_is_and_what_it_used(runtime: Any) -> None:
    answer = runtime.converse(modelId=MODEL, messages=[user(FACT)])
    assert answer["additionalModelResponseFields"] == {"quarry_local": {"brain": "embedded", "version": "1"}}
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-quarry-local-brain"] == "embedded"
    assert answer["ResponseMetadata"]["RequestId"]
    usage = answer["usage"]
    assert 10 < usage["inputTokens"] < 40
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert answer["metrics"]["latencyMs"] >= 1


def test_a_chat_of_two_turns_as_tutorials_write_it(runtime: Any) -> None:
    messages = [user(FACT)]
    first = runtime.converse(modelId=MODEL, messages=messages, system=[{"text": "You are a helpful assistant."}])
    messages += [first["output"]["message"], user("What is my telescope called?")]
    second = runtime.converse(modelId=MODEL, messages=messages, inferenceConfig={"maxTokens": 200, "temperature": 0.2})
    assert "Heron" in text_of(second)
    assert "Heron" not in text_of(runtime.converse(modelId=MODEL, messages=[messages[-1]]))


def test_a_stream_as_tutorials_read_it(runtime: Any) -> None:
    answer = runtime.converse_stream(modelId=MODEL, messages=[user(FACT)])
    events = list(answer["stream"])
    kinds = [next(iter(event)) for event in events]
    assert kinds[0] == "messageStart"
    assert kinds[-3:] == ["contentBlockStop", "messageStop", "metadata"]
    assert set(kinds[1:-3]) == {"contentBlockDelta"}
    assert len(kinds) > 8
    text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events[1:-3])
    whole = runtime.converse(modelId=MODEL, messages=[user(FACT)])
    assert text == text_of(whole)
    assert events[-2]["messageStop"]["additionalModelResponseFields"]["quarry_local"]["brain"] == "embedded"
    assert events[-1]["metadata"]["usage"] == whole["usage"]
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-quarry-local-brain"] == "embedded"


def test_limits_end_an_answer(runtime: Any) -> None:
    cut = runtime.converse(modelId=MODEL, messages=[user(FACT)], inferenceConfig={"maxTokens": 4})
    assert (cut["stopReason"], cut["usage"]["outputTokens"]) == ("max_tokens", 4)
    stopped = runtime.converse(modelId=MODEL, messages=[user(FACT)], inferenceConfig={"stopSequences": ["Heron"]})
    assert stopped["stopReason"] == "stop_sequence"
    assert text_of(stopped).endswith("called ")


def test_documents_are_read(runtime: Any) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.multi_cell(0, 8, "The lighthouse of Ribeira was built in 1911. Its keeper is called Joana Prata.")
    sources = {
        "pdf": bytes(pdf.output()),
        "txt": b"The lighthouse of Ribeira was built in 1911. Its keeper is called Joana Prata.",
        "html": b"<html><style>x{}</style><p>The keeper of the lighthouse is called <b>Joana Prata</b>.</p></html>",
        "csv": b"name,role\nJoana Prata,keeper of the lighthouse\n",
    }
    for document_format, data in sources.items():
        document = {"document": {"name": "lighthouse", "format": document_format, "source": {"bytes": data}}}
        asked = user(document, "What is the keeper of the lighthouse called?")
        assert "Joana Prata" in text_of(runtime.converse(modelId=MODEL, messages=[asked])), document_format


def test_a_broken_pdf_is_refused(runtime: Any) -> None:
    document = {"document": {"name": "broken", "format": "pdf", "source": {"bytes": b"no pdf"}}}
    with pytest.raises(ClientError, match="not valid: broken"):
        runtime.converse(modelId=MODEL, messages=[user(document, "Summarize.")])


def test_other_blocks_are_accepted(runtime: Any) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    guarded = {"guardContent": {"text": {"text": "The boat is called Garça.", "qualifiers": ["grounding_source"]}}}
    found = {"searchResult": {"source": "x", "title": "Boats", "content": [{"text": "The harbour has nine boats."}]}}
    asked = user(image, guarded, found, "What is the boat called?")
    assert "Garça" in text_of(runtime.converse(modelId=MODEL, messages=[asked]))


def test_tool_use_is_accepted_in_the_history(runtime: Any) -> None:
    use = {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Lisbon"}}}
    result = {"toolResult": {"toolUseId": "t1", "content": [{"text": "The weather in Lisbon is sunny, 24 degrees."}]}}
    tool = {"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}
    messages = [user("How is the weather in Lisbon?"), {"role": "assistant", "content": [use]}, user(result)]
    answer = runtime.converse(modelId=MODEL, messages=messages, toolConfig={"tools": [tool]})
    assert "sunny" in text_of(answer)
    with pytest.raises(ClientError, match="Expected toolResult blocks"):
        runtime.converse(modelId=MODEL, messages=[*messages[:2], user("And?")], toolConfig={"tools": [tool]})


def test_a_json_schema_of_the_api_is_honoured(runtime: Any) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    text_format = {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema), "name": "t"}}}
    answer = runtime.converse(modelId=MODEL, messages=[user(FACT)], outputConfig={"textFormat": text_format})
    assert set(json.loads(text_of(answer))) == {"title"}
    text_format["structure"]["jsonSchema"]["schema"] = "{"
    with pytest.raises(ClientError, match="not a valid JSON schema"):
        runtime.converse(modelId=MODEL, messages=[user(FACT)], outputConfig={"textFormat": text_format})


def test_korean_goes_both_ways(runtime: Any) -> None:
    fact = "제 망원경 이름은 헤론입니다."
    messages = [user(fact), {"role": "assistant", "content": [{"text": "네."}]}, user("망원경 이름은 무엇인가요?")]
    events = runtime.converse_stream(modelId=MODEL, messages=messages)["stream"]
    assert "헤론" in "".join(event.get("contentBlockDelta", {}).get("delta", {}).get("text", "") for event in events)


def test_a_megabyte_goes_through(runtime: Any) -> None:
    text = " ".join(f"Boat {number} sold its fish in harbour {number % 89}." for number in range(24_000))
    data = {"document": {"name": "log", "format": "txt", "source": {"bytes": text.encode()}}}
    answer = runtime.converse(modelId=MODEL, messages=[user(data, "Summarize in two sentences.")])
    assert text_of(answer).count(".") == 2
    assert answer["usage"]["inputTokens"] > 100_000


def test_pieces_are_sent_one_by_one(runtime: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first piece is here while the brain still waits for the go-ahead to make the second."""
    seen_first = threading.Event()

    def answer(self: EmbeddedBrain, prompt: Any, *, streamed: bool) -> Any:
        yield "first "
        assert seen_first.wait(20), "the client did not get the first piece"
        yield "second"

    monkeypatch.setattr(EmbeddedBrain, "answer", answer)
    texts = []
    for event in runtime.converse_stream(modelId=MODEL, messages=[user("Hi")])["stream"]:
        if "contentBlockDelta" in event:
            texts.append(event["contentBlockDelta"]["delta"]["text"])
            seen_first.set()
    assert texts == ["first ", "second"]


def test_a_break_in_mid_stream_is_an_event_of_the_stream(runtime: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(self: EmbeddedBrain, prompt: Any, *, streamed: bool) -> Any:
        yield "first "
        raise ModelError("broke off")

    monkeypatch.setattr(EmbeddedBrain, "answer", answer)
    events = runtime.converse_stream(modelId=MODEL, messages=[user("Hi")])["stream"]
    with pytest.raises(EventStreamError, match=r"modelStreamErrorException.*broke off"):
        list(events)


def test_an_unexpected_defect_is_an_internal_error(runtime: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmbeddedBrain, "count_tokens", lambda self, text: 1 // 0)
    with pytest.raises(ClientError) as caught:
        runtime.converse(modelId=MODEL, messages=[user("Hi")])
    assert caught.value.response["Error"]["Code"] == "InternalServerException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_tokens_are_counted(runtime: Any) -> None:
    counted = runtime.count_tokens(modelId=MODEL, input={"converse": {"messages": [user(FACT)]}})["inputTokens"]
    assert counted == runtime.converse(modelId=MODEL, messages=[user(FACT)])["usage"]["inputTokens"]
    body = json.dumps({"inputText": "x"})
    assert runtime.count_tokens(modelId=MODEL, input={"invokeModel": {"body": body}})["inputTokens"] >= 1


def test_unread_streams_do_not_block_the_server(runtime: Any) -> None:
    for _ in range(5):
        runtime.converse_stream(modelId=MODEL, messages=[user(FACT)])["stream"].close()
    assert text_of(runtime.converse(modelId=MODEL, messages=[user(FACT)]))
