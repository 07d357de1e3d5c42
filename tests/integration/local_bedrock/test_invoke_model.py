"""InvokeModel in each provider's own format, whole and streamed, as tutorials write it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from botocore.exceptions import ClientError

CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
LOVE = "I love green tea."


def invoke(runtime: Any, model: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = runtime.invoke_model(modelId=model, body=json.dumps(body), **more)
    assert answer["contentType"] == "application/json"
    return dict(json.loads(answer["body"].read()))


def streamed(runtime: Any, model: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = runtime.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


def refused(runtime: Any, model: str, body: Any) -> str:
    with pytest.raises(ClientError) as caught:
        runtime.invoke_model(modelId=model, body=body if isinstance(body, str) else json.dumps(body))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def claude(**more: Any) -> dict[str, Any]:
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": LOVE}],
    }
    return {**body, **more}


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


class TestTitanEmbeddings:
    def test_version_1_has_1536_dimensions(self, runtime: Any) -> None:
        answer = invoke(runtime, "amazon.titan-embed-text-v1", {"inputText": "What is a quarry?"})
        assert set(answer) == {"embedding", "inputTextTokenCount"}
        assert len(answer["embedding"]) == 1536
        assert math.isclose(cosine(answer["embedding"], answer["embedding"]), 1, rel_tol=1e-4)

    @pytest.mark.parametrize("dimensions", [256, 512, 1024, None])
    def test_version_2_has_as_many_as_asked_for(self, runtime: Any, dimensions: int | None) -> None:
        body = {"inputText": "What is a quarry?", "normalize": True}
        body |= {"dimensions": dimensions} if dimensions else {}
        answer = invoke(
            runtime, "amazon.titan-embed-text-v2:0", body, accept="application/json", contentType="application/json"
        )
        assert len(answer["embedding"]) == (dimensions or 1024)
        assert answer["embeddingsByType"]["float"] == answer["embedding"]

    def test_version_2_has_binary_embeddings(self, runtime: Any) -> None:
        body = {"inputText": "What is a quarry?", "embeddingTypes": ["binary"]}
        answer = invoke(runtime, "amazon.titan-embed-text-v2:0", body)
        assert set(answer["embeddingsByType"]["binary"]) <= {0, 1}
        assert "embedding" not in answer

    def test_nearness_means_something(self, runtime: Any) -> None:
        query, near, far = (
            invoke(runtime, "amazon.titan-embed-text-v1", {"inputText": text})["embedding"]
            for text in ("A dog runs in the park", "A puppy plays on the grass", "Interest rates rose in March")
        )
        assert cosine(query, near) > cosine(query, far)

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ({}, "required key [inputText] not found"),
            ({"inputText": 5}, "#/inputText: expected type: string"),
            ({"inputText": "x", "text": "y"}, "extraneous key [text] is not permitted"),
            ({"inputText": ""}, "expected minLength: 1"),
            ({"inputText": "x" * 60_000}, "Too many input tokens"),
            ({"inputText": "x", "dimensions": 300}, "#/dimensions: 300"),
            ({"inputText": "x", "dimensions": True}, "#/dimensions: expected type: integer"),
            ({"inputText": "x", "embeddingTypes": ["int8"]}, "#/embeddingTypes: int8"),
            ("[]", "must be a JSON object"),
            ("{", "not valid JSON"),
        ],
    )
    def test_bad_bodies_are_named(self, runtime: Any, body: Any, complaint: str) -> None:
        assert complaint in refused(runtime, "amazon.titan-embed-text-v2:0", body)

    def test_version_1_knows_no_dimensions(self, runtime: Any) -> None:
        assert "[dimensions]" in refused(runtime, "amazon.titan-embed-text-v1", {"inputText": "x", "dimensions": 256})

    def test_embeddings_are_not_streamed(self, runtime: Any) -> None:
        with pytest.raises(ClientError, match="unsupported for streaming"):
            streamed(runtime, "amazon.titan-embed-text-v1", {"inputText": "x"})


class TestClaudeMessages:
    def test_a_message(self, runtime: Any) -> None:
        answer = invoke(runtime, CLAUDE, claude())
        assert answer["type"] == "message"
        assert "green tea" in answer["content"][0]["text"]
        assert answer["stop_reason"] == "end_turn"
        assert answer["usage"]["input_tokens"] > 0

    def test_a_stream(self, runtime: Any) -> None:
        events = streamed(runtime, CLAUDE, claude())
        kinds = [event["type"] for event in events]
        assert kinds[:2] == ["message_start", "content_block_start"]
        assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
        text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
        assert text == invoke(runtime, CLAUDE, claude())["content"][0]["text"]
        metrics = events[-1]["amazon-bedrock-invocationMetrics"]
        assert metrics["outputTokenCount"] == events[-2]["usage"]["output_tokens"]

    def test_blocks_system_and_history(self, runtime: Any) -> None:
        messages = [
            {"role": "user", "content": [{"type": "text", "text": LOVE}]},
            {"role": "assistant", "content": "Noted."},
            {"role": "user", "content": "Which tea do I love?"},
        ]
        answer = invoke(
            runtime, f"us.{CLAUDE}", claude(messages=messages, system=[{"type": "text", "text": "Be kind."}])
        )
        assert "green tea" in answer["content"][0]["text"]

    def test_limits(self, runtime: Any) -> None:
        assert invoke(runtime, CLAUDE, claude(max_tokens=2))["stop_reason"] == "max_tokens"
        stopped = invoke(runtime, CLAUDE, claude(stop_sequences=["green"]))
        assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "green")

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"anthropic_version": None}, "anthropic_version: Field required"),
            ({"max_tokens": None}, "max_tokens: Field required"),
            ({"max_tokens": "9"}, "max_tokens: Input should be a valid integer"),
            ({"max_tokens": 0}, "max_tokens: Input should be greater"),
            ({"messages": None}, "messages: Field required"),
            ({"messages": []}, "messages: at least one message"),
            ({"messages": [{"role": "assistant", "content": "x"}]}, "first message must use"),
            ({"messages": [{"role": "user", "content": " "}]}, "messages.0: all messages must have non-empty"),
            ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages.0.content.0"),
            ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "content.0.text.text: Field required"),
            ({"messages": ["x"]}, "messages.0.role"),
            ({"temperature": 2}, "temperature: range: 0..1"),
            ({"modelId": "x"}, "modelId: Extra inputs are not permitted"),
        ],
    )
    def test_bad_bodies_are_named(self, runtime: Any, change: dict[str, Any], complaint: str) -> None:
        assert complaint in refused(runtime, CLAUDE, claude(**change))

    def test_a_model_without_sampling(self, runtime: Any) -> None:
        body = claude(temperature=0.5, max_tokens=50)
        assert "`temperature` is not supported" in refused(runtime, "us.anthropic.claude-strict-v1:0", body)


NOVA = {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": LOVE}]}]}
LLAMA = (
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n" + LOVE + "\n<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n"
)


@pytest.mark.parametrize(
    ("model", "body", "text", "piece"),
    [
        ("us.amazon.nova-lite-v1:0", NOVA, lambda answer: answer["output"]["message"]["content"][0]["text"],
         lambda event: event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")),
        ("amazon.titan-text-express-v1", {"inputText": LOVE, "textGenerationConfig": {"maxTokenCount": 100}},
         lambda answer: answer["results"][0]["outputText"], lambda event: event["outputText"]),
        ("anthropic.claude-v2", {"prompt": f"\n\nHuman: {LOVE}\n\nAssistant:", "max_tokens_to_sample": 100},
         lambda answer: answer["completion"], lambda event: event["completion"]),
        ("meta.llama3-8b-instruct-v1:0", {"prompt": LLAMA, "max_gen_len": 100},
         lambda answer: answer["generation"], lambda event: event["generation"]),
        ("mistral.mistral-7b-instruct-v0:2", {"prompt": f"<s>[INST] {LOVE} [/INST]", "max_tokens": 100},
         lambda answer: answer["outputs"][0]["text"], lambda event: event["outputs"][0]["text"]),
    ],
)  # fmt: skip
def test_other_formats(runtime: Any, model: str, body: dict[str, Any], text: Any, piece: Any) -> None:
    whole = text(invoke(runtime, model, body))
    assert whole.startswith("Understood: you love green tea.")
    events = streamed(runtime, model, body)
    assert "".join(piece(event) for event in events) == whole
    assert events[-1]["amazon-bedrock-invocationMetrics"]["inputTokenCount"] > 0


@pytest.mark.parametrize(
    ("model", "body", "complaint"),
    [
        ("amazon.nova-lite-v1:0", {"messages": [{"role": "user", "content": LOVE}]}, "messages.0/content"),
        ("amazon.nova-lite-v1:0", {**NOVA, "inferenceConfig": {"maxTokens": 0}}, "maxTokens"),
        (
            "amazon.titan-text-express-v1",
            {"inputText": LOVE, "textGenerationConfig": {"topK": 1}},
            "textGenerationConfig.topK",
        ),
        ("meta.llama3-8b-instruct-v1:0", {"prompt": LOVE, "temperature": "hot"}, "#/temperature"),
        ("mistral.mistral-7b-instruct-v0:2", {"prompt": "  "}, "#/prompt"),
        ("stability.sd3-5-large-v1:0", {"prompt": "a cat"}, "does not speak the InvokeModel body format"),
    ],
)
def test_bad_bodies_of_other_formats(runtime: Any, model: str, body: dict[str, Any], complaint: str) -> None:
    assert complaint in refused(runtime, model, body)


def test_token_counts_stand_in_headers(runtime: Any) -> None:
    answer = runtime.invoke_model(modelId=CLAUDE, body=json.dumps(claude()))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    usage = json.loads(answer["body"].read())["usage"]
    assert int(headers["x-amzn-bedrock-input-token-count"]) == usage["input_tokens"]
    assert int(headers["x-amzn-bedrock-output-token-count"]) == usage["output_tokens"]
    assert headers["x-quarry-local-brain"] == "embedded"
