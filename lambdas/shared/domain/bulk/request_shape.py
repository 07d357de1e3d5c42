"""What the requests of a run look like on average, from the prompts that write them."""

from __future__ import annotations

from lambdas.shared.domain.bulk.run_price import RequestShape
from lambdas.shared.domain.fit import estimate_input_tokens
from lambdas.shared.domain.summary_request import SummaryRequests

# What the prompts ask for, in tokens; an answer is JSON with a title, a summary, key points and topics.
_ANSWER_TOKENS = {"brief": 250, "bullets": 300, "detailed": 700}
_CHARACTERS_PER_TOKEN = 4


def shape_of(requests: SummaryRequests) -> RequestShape:
    """An estimate before anything is asked: answers differ by model and language."""
    (empty,) = requests.requests(("",))
    answer = _ANSWER_TOKENS[requests.options.style]
    return RequestShape(
        section_tokens=requests.most_tokens,
        prompt_tokens=estimate_input_tokens(empty),
        prompt_characters=len(empty.system or "") + sum(len(message.text) for message in empty.messages),
        output_tokens=answer,
        output_characters=answer * _CHARACTERS_PER_TOKEN,
    )
