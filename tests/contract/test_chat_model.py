"""The ChatModel port: the same promises held by the script that tests use and by the adapter that speaks to Bedrock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.domain.chat_model import (
    ChatMessage,
    ChatModel,
    ChatReply,
    ChatRequest,
    SamplingParameters,
    TokenUsage,
)
from lambdas.shared.domain.errors import (
    ContextTooLongError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelStreamInterruptedError,
    ModelThrottledError,
    ModelUnavailableError,
    QuarryError,
)
from lambdas.shared.domain.fit import PlacedParameters
from tests.contract.bedrock_wire import Scenario, bedrock, client_of
from tests.fakes.models import ScriptedChatModel

REQUEST = ChatRequest("amazon.nova-lite-v1:0", (ChatMessage("user", "Say hello."),), system="Be brief.")
ERRORS: list[tuple[str, str, type[QuarryError]]] = [
    ("ThrottlingException", "Too many tokens, please wait before trying again.", ModelThrottledError),
    ("ServiceQuotaExceededException", "quota", ModelThrottledError),
    ("ModelTimeoutException", "timeout", ModelUnavailableError),
    ("ModelNotReadyException", "not ready", ModelUnavailableError),
    ("ModelErrorException", "model error", ModelUnavailableError),
    ("InternalServerException", "oops", ModelUnavailableError),
    ("ServiceUnavailableException", "busy", ModelUnavailableError),
    ("AccessDeniedException", "You don't have access to the model with the specified model ID.", ModelNotEnabledError),
    ("ResourceNotFoundException", "Model use case details have not been submitted.", ModelNotEnabledError),
    ("ValidationException", "The provided model identifier is invalid.", ModelNotEnabledError),
    ("ValidationException", "Input is too long for requested model.", ContextTooLongError),
    ("ValidationException", "prompt is too long: 213000 tokens > 200000 maximum", ContextTooLongError),
    ("ValidationException", "This model doesn't support the stopSequences field.", ModelRefusedRequestError),
    ("ValidationException", "The maximum tokens you requested exceeds the limit of 10000.", ModelRefusedRequestError),
]

Make = Callable[[Scenario, type[QuarryError] | None], ChatModel]


def scripted(scenario: Scenario, error: type[QuarryError] | None) -> ChatModel:
    usage = scenario.usage
    answer = ChatReply(
        "".join(scenario.pieces),
        scenario.stop_reason,
        TokenUsage(
            usage["inputTokens"],
            usage["outputTokens"],
            usage.get("cacheReadInputTokens", 0),
            usage.get("cacheWriteInputTokens", 0),
        ),
    )
    return ScriptedChatModel(
        error("as scripted") if error else answer,
        pieces=lambda text: scenario.pieces,
        interrupt_after=scenario.cut_after,
    )


@pytest.fixture(params=["scripted", "bedrock"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "scripted":
        yield scripted
        return
    with ExitStack() as stack:

        def over_the_wire(scenario: Scenario, error: type[QuarryError] | None) -> ChatModel:
            client, _ = stack.enter_context(bedrock(scenario))
            return BedrockChatModel(client)

        yield over_the_wire


class TestChatModel:
    def test_a_reply_has_text_stop_reason_and_what_was_used(self, make: Make) -> None:
        usage = {
            "inputTokens": 7,
            "outputTokens": 3,
            "totalTokens": 60,
            "cacheReadInputTokens": 40,
            "cacheWriteInputTokens": 10,
        }
        model = make(Scenario(usage=usage, stop_reason="max_tokens"), None)
        reply = model.reply(REQUEST)
        assert reply == ChatReply("Hello, world.", "max_tokens", TokenUsage(7, 3, 40, 10))

    def test_a_stream_yields_the_pieces_and_then_the_whole_reply(self, make: Make) -> None:
        *pieces, reply = make(Scenario(), None).stream(REQUEST)
        assert pieces == ["Hello", ", ", "world."]
        assert reply == ChatReply("Hello, world.", "end_turn", TokenUsage(7, 3))

    def test_an_empty_answer_is_an_answer(self, make: Make) -> None:
        assert list(make(Scenario(pieces=()), None).stream(REQUEST)) == [ChatReply("", "end_turn", TokenUsage(7, 3))]

    @pytest.mark.parametrize(("code", "message", "expected"), ERRORS)
    def test_a_refusal_is_told_in_our_words(
        self, make: Make, code: str, message: str, expected: type[QuarryError]
    ) -> None:
        model = make(Scenario(error=(code, message)), expected)
        with pytest.raises(expected):
            model.reply(REQUEST)
        stream = model.stream(REQUEST)  # sends nothing yet, so raises nothing
        with pytest.raises(expected):
            next(stream)

    @pytest.mark.parametrize("arrived", [1, 2, 3])
    def test_a_cut_after_the_first_piece_interrupts(self, make: Make, arrived: int) -> None:
        stream = make(Scenario(cut_after=arrived), None).stream(REQUEST)
        assert [next(stream) for _ in range(arrived)] == ["Hello", ", ", "world."][:arrived]
        with pytest.raises(ModelStreamInterruptedError):
            next(stream)

    def test_a_stream_can_be_closed_early(self, make: Make) -> None:
        stream = make(Scenario(), None).stream(REQUEST)
        assert next(stream) == "Hello"
        stream.close()  # type: ignore[attr-defined]
        assert list(stream) == []


class TestOnTheWire:
    """What only the adapter can get wrong."""

    def test_reasoning_is_not_part_of_the_text(self) -> None:
        blocks: list[dict[str, Any]] = [
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
            {"text": "Four"},
            {"text": "."},
        ]
        with bedrock(Scenario(blocks=blocks)) as (client, _):
            assert BedrockChatModel(client).reply(REQUEST).text == "Four."
        deltas: list[dict[str, Any]] = [{"reasoningContent": {"text": "Hm."}}, {"text": "Four"}, {"text": "."}]
        with bedrock(Scenario(blocks=deltas)) as (client, _):
            *pieces, reply = BedrockChatModel(client).stream(REQUEST)
        assert pieces == ["Four", "."]
        assert isinstance(reply, ChatReply)
        assert reply.text == "Four."

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("throttlingException", ModelThrottledError),
            ("serviceUnavailableException", ModelUnavailableError),
            ("internalServerException", ModelUnavailableError),
            ("modelStreamErrorException", ModelUnavailableError),
            ("validationException", ModelRefusedRequestError),
        ],
    )
    def test_an_error_event_counts_by_what_came_before_it(self, code: str, expected: type[QuarryError]) -> None:
        with bedrock(Scenario(stream_error=(code, 0))) as (client, _), pytest.raises(expected):
            next(BedrockChatModel(client).stream(REQUEST))
        with bedrock(Scenario(stream_error=(code, 2))) as (client, _):
            stream = BedrockChatModel(client).stream(REQUEST)
            assert [next(stream), next(stream)] == ["Hello", ", "]
            with pytest.raises(ModelStreamInterruptedError):
                next(stream)

    def test_a_cut_before_the_first_piece_is_no_answer_at_all(self) -> None:
        with bedrock(Scenario(cut_after=0)) as (client, _), pytest.raises(ModelUnavailableError):
            next(BedrockChatModel(client).stream(REQUEST))

    def test_a_stream_without_its_token_counts_is_not_complete(self) -> None:
        with bedrock(Scenario(without_metadata=True)) as (client, _), pytest.raises(ModelStreamInterruptedError):
            list(BedrockChatModel(client).stream(REQUEST))

    def test_a_silent_provider_is_unavailable(self) -> None:
        with bedrock(Scenario(silent=True), read_timeout=0.1) as (client, _):
            with pytest.raises(ModelUnavailableError):
                BedrockChatModel(client).reply(REQUEST)
            with pytest.raises(ModelUnavailableError):
                next(BedrockChatModel(client).stream(REQUEST))

    def test_an_endpoint_that_is_not_there_is_unavailable(self) -> None:
        with bedrock(Scenario()) as (_, server):
            url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(ModelUnavailableError):
            BedrockChatModel(client_of(url)).reply(REQUEST)

    def test_nothing_is_sent_before_the_first_piece_is_asked_for(self) -> None:
        with bedrock(Scenario()) as (client, server):
            stream = BedrockChatModel(client).stream(REQUEST)
            assert server.bodies == []
            next(stream)
            assert len(server.bodies) == 1

    def test_the_request_arrives_as_converse(self) -> None:
        parameters = PlacedParameters(
            temperature=0.5, top_k=20, max_tokens=100, stop_sequences=("END",), top_k_field="inferenceConfig.topK"
        )
        request = ChatRequest(REQUEST.model_id, REQUEST.messages, "Be brief.", parameters)
        with bedrock(Scenario()) as (client, server):
            BedrockChatModel(client).reply(request)
        assert server.model_ids == ["amazon.nova-lite-v1:0"]
        assert server.bodies == [
            {
                "messages": [{"role": "user", "content": [{"text": "Say hello."}]}],
                "system": [{"text": "Be brief."}],
                "inferenceConfig": {"temperature": 0.5, "maxTokens": 100, "stopSequences": ["END"]},
                "additionalModelRequestFields": {"inferenceConfig": {"topK": 20}},
            }
        ]

    def test_not_enabled_tells_what_to_do(self) -> None:
        scenario = Scenario(error=("AccessDeniedException", "no"))
        remedy = r"use-case form.*Marketplace"
        with bedrock(scenario) as (client, _), pytest.raises(ModelNotEnabledError, match=remedy):
            BedrockChatModel(client).reply(REQUEST)

    def test_an_invalid_request_is_refused_without_quoting_it(self) -> None:
        request = ChatRequest("m", (ChatMessage("user", "secret"),), parameters=SamplingParameters(max_tokens=0))
        with bedrock(Scenario()) as (client, server), pytest.raises(ModelRefusedRequestError) as raised:
            BedrockChatModel(client).reply(request)
        assert server.bodies == []
        assert "secret" not in str(raised.value)
