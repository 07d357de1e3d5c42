"""The TextEmbedder port: held by the fake and by the adapter, which speaks to the local Bedrock in every format."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from moto.server import ThreadedMotoServer

from lambdas.shared.adapters.bedrock_text_embedder import BedrockTextEmbedder
from lambdas.shared.adapters.embedding_formats import WIRE_FORMATS
from lambdas.shared.domain.errors import (
    ModelError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    QuarryError,
    TextTooLongError,
)
from lambdas.shared.domain.model_card import EmbeddingFormat
from lambdas.shared.domain.text_embedder import EmbeddingRequest, InputType, TextEmbedder
from tests.contract.bedrock_wire import Scenario, bedrock, client_of
from tests.fakes.embeddings import ScriptedTextEmbedder

MODELS: dict[EmbeddingFormat, tuple[str, int]] = {
    "titan_v1": ("amazon.titan-embed-text-v1", 1536),
    "titan_v2": ("amazon.titan-embed-text-v2:0", 512),
    "cohere_v3": ("cohere.embed-multilingual-v3", 1024),
    "cohere_v4": ("cohere.embed-v4:0", 256),
    "nova": ("amazon.nova-2-multimodal-embeddings-v1:0", 384),
}
Embed = Callable[..., EmbeddingRequest]


@pytest.fixture(scope="module")
def local_bedrock() -> Iterator[Any]:
    from local.bedrock import install
    from local.bedrock.embedded.embedded_brain import EmbeddedBrain

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    install(EmbeddedBrain(piece_ms=0))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield client_of("http://{}:{}".format(*server.get_host_and_port()))
    server.stop()


@pytest.fixture(params=["scripted", *MODELS])
def port(request: pytest.FixtureRequest, local_bedrock: Any) -> tuple[TextEmbedder, Embed]:
    """An embedder, and what makes requests that it takes."""
    if request.param == "scripted":
        longest = 300
        return ScriptedTextEmbedder(longest=longest), lambda *texts: EmbeddingRequest("acme.embed-v1:0", texts)
    model_id, dimensions = MODELS[request.param]
    return BedrockTextEmbedder(local_bedrock), lambda *texts: EmbeddingRequest(
        model_id, texts, dimensions=dimensions, format=request.param
    )


class TestTextEmbedder:
    def test_every_text_gets_its_vector_in_order(self, port: tuple[TextEmbedder, Embed]) -> None:
        embedder, request = port
        together = embedder.embed(request("one apple", "two pears", "one apple"))
        assert together.vectors[0] == together.vectors[2] != together.vectors[1]
        assert together.vectors[1] == embedder.embed(request("two pears")).vectors[0]
        assert together.input_tokens > embedder.embed(request("one apple")).input_tokens > 0
        assert not together.estimated

    def test_all_vectors_are_as_long_as_was_asked_for(self, port: tuple[TextEmbedder, Embed]) -> None:
        embedder, request = port
        wanted = request("a", "b").dimensions or 8
        assert {len(vector) for vector in embedder.embed(request("one", "two")).vectors} == {wanted}

    def test_nearness_means_something(self, port: tuple[TextEmbedder, Embed]) -> None:
        embedder, request = port
        dog, puppy, rates = embedder.embed(request("a dog runs", "the dog runs home", "interest rates rose")).vectors
        assert _dot(dog, puppy) > _dot(dog, rates)

    def test_more_texts_than_one_call_takes_stay_in_order(self, port: tuple[TextEmbedder, Embed]) -> None:
        embedder, request = port
        texts = [f"text number {number}" for number in range(100)]
        vectors = embedder.embed(request(*texts)).vectors
        assert len(vectors) == 100
        for place in (0, 47, 95, 96, 99):
            assert vectors[place] == embedder.embed(request(texts[place])).vectors[0]

    def test_a_text_that_is_too_long_is_named_and_not_cut(self, port: tuple[TextEmbedder, Embed]) -> None:
        embedder, request = port
        texts = ["short"] * 98
        texts[97] = "word " * 130_000
        with pytest.raises(TextTooLongError) as raised:
            embedder.embed(request(*texts))
        assert raised.value.index == 97


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def titan(vector: Any = (1.0, 0.0), tokens: int = 3) -> dict[str, Any]:
    return {"embedding": vector, "inputTextTokenCount": tokens}


def request_of(format_: EmbeddingFormat, *texts: str, **more: Any) -> EmbeddingRequest:
    return EmbeddingRequest("the.model", texts, format=format_, **more)


class TestOnTheWire:
    """What only the adapter can get wrong."""

    @pytest.mark.parametrize(
        ("format_", "expected"),
        [
            ("titan_v1", {"inputText": "hi"}),
            ("titan_v2", {"inputText": "hi", "normalize": True, "embeddingTypes": ["float"], "dimensions": 256}),
            ("cohere_v3", {"texts": ["hi"], "input_type": "search_query", "truncate": "NONE"}),
            (
                "cohere_v4",
                {
                    "texts": ["hi"],
                    "input_type": "search_query",
                    "truncate": "NONE",
                    "embedding_types": ["float"],
                    "output_dimension": 256,
                },
            ),
            (
                "nova",
                {
                    "schemaVersion": "nova-multimodal-embed-v1",
                    "taskType": "SINGLE_EMBEDDING",
                    "singleEmbeddingParams": {
                        "embeddingPurpose": "TEXT_RETRIEVAL",
                        "embeddingDimension": 256,
                        "text": {"truncationMode": "NONE", "value": "hi"},
                    },
                },
            ),
        ],
    )
    def test_each_format_has_its_own_body(self, format_: EmbeddingFormat, expected: dict[str, Any]) -> None:
        answer = titan() | {
            "embeddings": [{"embedding": [1.0], "embeddingType": "TEXT"}] if format_ == "nova" else [[1]]
        }
        with bedrock(Scenario(invoked=lambda body: (answer, {}))) as (client, server):
            BedrockTextEmbedder(client).embed(request_of(format_, "hi", input_type="query", dimensions=256))
        assert server.model_ids == ["the.model"]
        assert server.bodies == [expected]

    def test_every_format_knows_every_purpose(self) -> None:
        for wire in WIRE_FORMATS.values():
            bodies = [json.dumps(wire.body(["x"], purpose, None)) for purpose in get_args(InputType)]
            assert len(set(bodies)) in (1, 4)  # Titan makes no difference

    @pytest.mark.parametrize("embeddings", [[[0.5, 0.5]], {"float": [[0.5, 0.5]]}])
    def test_cohere_answers_in_two_shapes_and_counts_in_a_header(self, embeddings: Any) -> None:
        answer = {"id": "x", "texts": ["hi"], "embeddings": embeddings}
        for headers, tokens, estimated in (({"X-Amzn-Bedrock-Input-Token-Count": "9"}, 9, False), ({}, 1, True)):
            with bedrock(Scenario(invoked=lambda body, sent=headers: (answer, sent))) as (client, _):
                reply = BedrockTextEmbedder(client).embed(request_of("cohere_v4", "hi"))
            assert reply == ([[0.5, 0.5]], tokens, estimated)

    def test_a_text_that_was_cut_all_the_same_is_refused_and_its_price_is_told(self) -> None:
        answer = {"embeddings": [{"embedding": [1.0], "truncatedCharLength": 100}]}
        scenario = Scenario(invoked=lambda body: (answer, {"X-Amzn-Bedrock-Input-Token-Count": "8172"}))
        with bedrock(scenario) as (client, _), pytest.raises(TextTooLongError) as raised:
            BedrockTextEmbedder(client).embed(request_of("nova", "hi"))
        assert (raised.value.index, raised.value.paid_tokens) == (0, 8172)

    @pytest.mark.parametrize("vector", [None, [], [1.0, None], ["x"], "text", [1e308, 1e308]])
    def test_an_answer_that_is_no_vector_is_an_error_that_was_paid_for(self, vector: Any) -> None:
        scenario = Scenario(invoked=lambda body: (titan(vector), {"X-Amzn-Bedrock-Input-Token-Count": "3"}))
        with bedrock(scenario) as (client, _), pytest.raises(ModelError) as raised:
            BedrockTextEmbedder(client).embed(request_of("titan_v2", "hi"))
        assert raised.value.paid_tokens == 3

    def test_not_a_number_is_no_vector(self) -> None:
        with (
            bedrock(Scenario(invoked=lambda body: (titan([math.nan, 1.0]), {}))) as (client, _),
            pytest.raises(ModelError),
        ):
            BedrockTextEmbedder(client).embed(request_of("titan_v2", "hi"))

    def test_as_many_vectors_as_texts(self) -> None:
        scenario = Scenario(invoked=lambda body: ({"embeddings": [[1.0]]}, {}))
        with bedrock(scenario) as (client, _), pytest.raises(ModelError, match="2 texts with 1 vectors"):
            BedrockTextEmbedder(client).embed(request_of("cohere_v3", "a", "b"))

    def test_what_was_paid_before_a_refusal_is_told(self) -> None:
        def invoked(body: dict[str, Any]) -> Any:
            return ("ThrottlingException", "slow down") if body["inputText"] == "last" else (titan(tokens=5), {})

        with bedrock(Scenario(invoked=invoked)) as (client, _), pytest.raises(ModelThrottledError) as raised:
            BedrockTextEmbedder(client).embed(request_of("titan_v2", "one", "two", "last"))
        assert raised.value.paid_tokens == 10

    @pytest.mark.parametrize(
        ("code", "message", "expected"),
        [
            ("AccessDeniedException", "no", ModelNotEnabledError),
            ("ModelTimeoutException", "late", ModelUnavailableError),
            ("ValidationException", "Malformed input request: #/input_type: required", ModelRefusedRequestError),
        ],
    )
    def test_refusals_are_told_in_our_words(self, code: str, message: str, expected: type[QuarryError]) -> None:
        with bedrock(Scenario(error=(code, message))) as (client, _), pytest.raises(expected):
            BedrockTextEmbedder(client).embed(request_of("cohere_v3", "a"))

    @pytest.mark.parametrize(
        ("message", "index"),
        [
            ("Malformed input request: #/texts/0: expected maxLength: 2048, actual: 4680", 0),
            ("Input is too long for requested model.", 1),
            ("400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9875", 1),
        ],
    )
    def test_a_text_that_is_too_long_is_the_one_named_or_the_longest(self, message: str, index: int) -> None:
        scenario = Scenario(error=("ValidationException", message))
        with bedrock(scenario) as (client, _), pytest.raises(TextTooLongError) as raised:
            BedrockTextEmbedder(client).embed(request_of("cohere_v3", "a", "a longer one", "b"))
        assert raised.value.index == index

    def test_a_call_has_no_more_tokens_than_the_provider_takes_at_once(self) -> None:
        def invoked(body: dict[str, Any]) -> Any:
            return {"embeddings": {"float": [[1.0]] * len(body["texts"])}}, {}

        text = "word " * 30_000  # 50,000 tokens by our estimate
        with bedrock(Scenario(invoked=invoked)) as (client, server):
            BedrockTextEmbedder(client).embed(request_of("cohere_v4", text, text, text, "short"))
        assert sorted(len(body["texts"]) for body in server.bodies) == [2, 2]

    def test_a_model_without_a_format_is_not_asked(self) -> None:
        with bedrock(Scenario()) as (client, server), pytest.raises(ModelRefusedRequestError):
            BedrockTextEmbedder(client).embed(EmbeddingRequest("the.model", ["a"]))
        assert server.bodies == []
