"""The model request that asks for a summary: one code path for a dropped file, an API call and a batch."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.fit import estimate_input_tokens, fit
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.prompt import Prompt

PROMPT_VERSION = "summarize_document.v1"
# Room for a summary in any script; the prompt asks for far less.
_MAX_TOKENS = 2000


@dataclass(frozen=True, slots=True)
class SummaryRequests:
    """Puts sections of documents into the prompt."""

    prompt: Prompt

    @property
    def prompt_version(self) -> str:
        return self.prompt.version

    def request_for(self, section: str, model: ResolvedModel) -> ChatRequest:
        """The request, fitted to the model. Raises UnreadableDocumentError `document_too_long` when the section does
        not fit into the model's window together with its summary."""
        request = ChatRequest(
            model_id=model.model_id,
            messages=(ChatMessage("user", self.prompt.user_message(section)),),
            system=self.prompt.system,
            parameters=SamplingParameters(temperature=0.0, max_tokens=_MAX_TOKENS),
        )
        window, tokens = model.card.context_tokens, estimate_input_tokens(request)
        room = min(_MAX_TOKENS, model.card.max_output_tokens or _MAX_TOKENS)
        if window is not None and tokens + room > window:
            raise UnreadableDocumentError(
                f"The document is about {tokens} tokens long with its prompt; {model.card.id} takes {window - room} "
                "beside the summary. Split it, or let the operator set a summary model with a larger window.",
                code="document_too_long",
            )
        return fit(request, model.card)[0]
