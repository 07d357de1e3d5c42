"""The Converse body: valid by AWS's own service model for every model of the catalogue, and it reads back."""

from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.domain.attachment import Attachment
from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.converse import chat_request, converse_body
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.fit import PlacedParameters, fit
from lambdas.shared.domain.model_card import ModelCard
from tests.unit.models.catalogue import CARDS

SHAPE = botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape
CHAT = [card for card in CARDS if card.kind == "chat"]


@pytest.mark.parametrize("card", CHAT, ids=lambda card: card.id)
def test_the_body_is_valid_for_every_model(card: ModelCard) -> None:
    everything = SamplingParameters(0.5, 0.9, 40, 10_000_000, ("END", "STOP"))
    messages = (ChatMessage("user", "Hello"), ChatMessage("assistant", "Hi"), ChatMessage("user", "Bye"))
    fitted, _ = fit(ChatRequest(card.id, messages, "Be brief.", everything), card)
    report = ParamValidator().validate({"modelId": card.id, **converse_body(fitted)}, SHAPE)
    assert not report.has_errors(), report.generate_report()


def test_a_plain_request_has_a_plain_body() -> None:
    assert converse_body(ChatRequest("m", (ChatMessage("user", "Hello"),))) == {
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}]
    }


def test_zero_is_a_temperature() -> None:
    request = ChatRequest("m", (ChatMessage("user", "Hello"),), parameters=SamplingParameters(temperature=0.0))
    assert converse_body(request)["inferenceConfig"] == {"temperature": 0.0}


def test_top_k_needs_a_place() -> None:
    with pytest.raises(ValueError, match="not fitted"):
        converse_body(ChatRequest("m", (ChatMessage("user", "Hello"),), parameters=SamplingParameters(top_k=5)))


def test_an_attachment_stands_before_its_text_and_reads_back() -> None:
    attached = ChatMessage("user", "Hello", attachment=Attachment("pdf", "s3://results/work/a b.pdf"))
    request = ChatRequest("m", (attached,))
    body = converse_body(request)
    assert body["messages"][0]["content"] == [
        {
            "document": {
                "format": "pdf",
                "name": "document",
                "source": {"s3Location": {"uri": "s3://results/work/a b.pdf"}},
            }
        },
        {"text": "Hello"},
    ]
    assert chat_request("m", json.loads(json.dumps(body))) == request


def test_an_attachment_that_was_read_is_sent_as_bytes_as_aws_takes_them() -> None:
    attachment = Attachment("pdf", "s3://results/work/a.pdf", content=b"%PDF-")
    body = converse_body(ChatRequest("m", (ChatMessage("user", "Hello", attachment=attachment),)))
    assert body["messages"][0]["content"][0]["document"]["source"] == {"bytes": b"%PDF-"}
    assert not ParamValidator().validate({"modelId": "m", **body}, SHAPE).has_errors()


texts = st.text(min_size=1, max_size=40)
unit = st.none() | st.floats(0, 1)
count = st.none() | st.integers(1, 100_000)
stops = st.lists(texts, max_size=4).map(tuple)
paths = st.lists(st.sampled_from(["top_k", "inferenceConfig", "topK", "k"]), min_size=1, max_size=3).map(".".join)
parameters = st.one_of(
    st.builds(SamplingParameters, unit, unit, st.none(), count, stops),
    st.builds(PlacedParameters, unit, unit, st.integers(0, 500), count, stops, paths),
)
messages = st.lists(st.builds(ChatMessage, st.sampled_from(["user", "assistant"]), texts), min_size=1).map(tuple)


@given(st.builds(ChatRequest, texts, messages, st.none() | texts, parameters))
def test_what_is_written_can_be_read_back(request: ChatRequest) -> None:
    assert chat_request(request.model_id, converse_body(request)) == request
    assert chat_request(request.model_id, json.loads(json.dumps(converse_body(request)))) == request


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": [{"role": "user", "content": []}]},
        {"messages": [{"role": "user", "content": [{"image": {}}]}]},
        {"messages": [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]},
        {"messages": [{"role": "user", "content": [{"text": "a"}]}], "toolConfig": {}},
        {"messages": [{"role": "user", "content": [{"text": "a"}]}], "additionalModelRequestFields": {"a": 1, "b": 2}},
        {"messages": [{"role": "user", "content": [{"text": "a"}]}], "additionalModelRequestFields": {"thinking": "x"}},
    ],
)
def test_what_we_would_not_write_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        chat_request("m", body)
