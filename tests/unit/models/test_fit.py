"""Fitting a request to a model: by the card alone, and everything that is left out is named."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.errors import ContextTooLongError
from lambdas.shared.domain.fit import PlacedParameters, estimate_input_tokens, fit
from lambdas.shared.domain.model_card import Capabilities
from tests.fakes.models import model_card

EVERYTHING = SamplingParameters(temperature=0.2, top_p=0.9, top_k=40, max_tokens=500, stop_sequences=("END",))


UNSET = SamplingParameters()


def a_request(parameters: SamplingParameters = UNSET, **changes: object) -> ChatRequest:
    return ChatRequest("acme.small-v1:0", (ChatMessage("user", "Hello"),), parameters=parameters, **changes)  # type: ignore[arg-type]


def test_a_model_that_takes_everything_gets_everything() -> None:
    fitted, ignored = fit(a_request(EVERYTHING), model_card(capabilities={"top_k_field": "inferenceConfig.topK"}))
    assert ignored == ()
    assert fitted.parameters == PlacedParameters(0.2, 0.9, 40, 500, ("END",), top_k_field="inferenceConfig.topK")


def test_a_model_that_takes_nothing_gets_nothing_and_says_so_in_order() -> None:
    bare = model_card(capabilities=Capabilities(), max_output_tokens=100)
    fitted, ignored = fit(a_request(EVERYTHING), bare)
    assert ignored == ("temperature", "top_p", "top_k", "max_tokens", "stop_sequences")
    assert fitted.parameters == SamplingParameters(max_tokens=100)


def test_unset_parameters_are_neither_sent_nor_reported() -> None:
    request = a_request()
    assert fit(request, model_card(capabilities=Capabilities(system=True))) == (request, ())


@pytest.mark.parametrize("both", [False, None])
def test_of_two_that_exclude_each_other_temperature_is_kept(both: bool | None) -> None:
    card = model_card(capabilities={"both_temperature_and_top_p": both})
    fitted, ignored = fit(a_request(SamplingParameters(temperature=0.0, top_p=0.5)), card)
    assert (fitted.parameters.temperature, fitted.parameters.top_p, ignored) == (0.0, None, ("top_p",))
    fitted, ignored = fit(a_request(SamplingParameters(top_p=0.5)), card)
    assert (fitted.parameters.top_p, ignored) == (0.5, ())


def test_top_p_stays_where_temperature_is_not_taken() -> None:
    card = model_card(capabilities={"temperature": False, "both_temperature_and_top_p": None})
    fitted, ignored = fit(a_request(SamplingParameters(temperature=0.0, top_p=0.5)), card)
    assert (fitted.parameters.temperature, fitted.parameters.top_p, ignored) == (None, 0.5, ("temperature",))


def test_max_tokens_is_lowered_to_the_limit_and_reported() -> None:
    fitted, ignored = fit(a_request(SamplingParameters(max_tokens=1001)), model_card(max_output_tokens=1000))
    assert (fitted.parameters.max_tokens, ignored) == (1000, ("max_tokens",))
    fitted, ignored = fit(a_request(SamplingParameters(max_tokens=1000)), model_card(max_output_tokens=1000))
    assert (fitted.parameters.max_tokens, ignored) == (1000, ())
    fitted, ignored = fit(a_request(SamplingParameters(max_tokens=9999)), model_card(max_output_tokens=None))
    assert (fitted.parameters.max_tokens, ignored) == (9999, ())


@pytest.mark.parametrize("system", [False, None])
def test_instructions_open_the_first_message_where_there_is_no_system_prompt(system: bool | None) -> None:
    messages = (ChatMessage("user", "Hello"), ChatMessage("assistant", "Hi"), ChatMessage("user", "Bye"))
    request = ChatRequest("acme.small-v1:0", messages, system="Be brief.")
    fitted, ignored = fit(request, model_card(capabilities={"system": system}))
    assert fitted.system is None
    assert [message.text for message in fitted.messages] == ["Be brief.\n\nHello", "Hi", "Bye"]
    assert ignored == ()


def test_what_is_too_long_is_refused_with_numbers() -> None:
    long = ChatRequest("acme.small-v1:0", (ChatMessage("user", "word " * 1000),), system="Be brief.")
    tokens = estimate_input_tokens(long)
    fit(long, model_card(context_tokens=tokens))
    fit(long, model_card(context_tokens=None))
    with pytest.raises(ContextTooLongError, match=rf"about {tokens} tokens.*takes {tokens - 1}"):
        fit(long, model_card(context_tokens=tokens - 1))


def test_fitting_twice_changes_nothing_more() -> None:
    card = model_card(capabilities={"both_temperature_and_top_p": False, "system": False})
    once, _ = fit(a_request(EVERYTHING, system="Be brief."), card)
    assert fit(once, card) == (once, ())


def test_a_request_fitted_to_one_model_can_be_fitted_to_another() -> None:
    once, _ = fit(a_request(EVERYTHING), model_card())
    again, ignored = fit(once, model_card(capabilities={"top_k_field": "inferenceConfig.topK"}))
    assert ignored == ()
    assert again.parameters == PlacedParameters(0.2, 0.9, 40, 500, ("END",), top_k_field="inferenceConfig.topK")
