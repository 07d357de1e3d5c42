"""The model requests that a summary takes: one code path for a dropped file, an API call and a batch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lambdas.shared.domain.attachment import Attachment
from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.errors import ContextTooLongError
from lambdas.shared.domain.fit import estimate_input_tokens, fit
from lambdas.shared.domain.model_catalog import ResolvedModel
from lambdas.shared.domain.prompt import Prompt, PromptLibrary
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.sections import split_sections
from lambdas.shared.domain.summary_options import SummaryOptions

SECTION_PROMPT = "summarize_section.v1"
PROMPTS = {"brief": "summarize_brief.v1", "bullets": "summarize_bullets.v1", "detailed": "summarize_detailed.v1"}
# Room for an answer in any script; the prompts ask for far less.
_ROOM = {"brief": 2000, "bullets": 2000, "detailed": 4000}
_SECTION_ROOM = 2000
# Below this a section is not worth a call of its own; a model with a smaller window is none for documents.
_SMALLEST_SECTION = 1000


@dataclass(frozen=True, slots=True)
class SummaryRequests:
    """Writes the requests of one tenant's summaries. `section_tokens`: how long a section may be at most, in estimated
    tokens; a smaller window of the model lowers it."""

    model: ResolvedModel
    options: SummaryOptions
    final: Prompt
    section: Prompt
    section_tokens: int

    def version(self, sections: int) -> str:
        """What decided the words of a summary of that many sections, beside the document and the model."""
        steps = f"+{self.section.version.removeprefix('summarize_')}" if sections > 1 else ""
        return f"{self.final.version}{steps}{self.options.suffix}"

    def reuse_key(self, content_hash: str, sections: int) -> ReuseKey:
        """Under which a summary of such a document is known."""
        return ReuseKey(content_hash, self.version(sections), self.model.model_id)

    @property
    def fingerprint(self) -> str:
        """Different for whatever would make other requests of the same document."""
        parts = (self.version(2), self.model.model_id, str(self.most_tokens))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    @property
    def most_tokens(self) -> int:
        """Estimated tokens of the longest section that fits into a request of either prompt."""
        window = self.model.card.context_tokens
        if window is None:
            return self.section_tokens
        around = max(estimate_input_tokens(self._request("", prompt, 0)) for prompt in (self.final, self.section))
        return max(_SMALLEST_SECTION, min(self.section_tokens, window - around - self._answer_room(self._room)))

    def split(self, parts: Sequence[str]) -> tuple[str, ...]:
        """A document's text in sections."""
        return split_sections(parts, most_tokens=self.most_tokens)

    def requests(self, sections: Sequence[str]) -> list[ChatRequest]:
        """One request for each section; a single one asks for the document's summary itself.

        Raises ContextTooLongError for a section that does not fit into the model's window beside its answer.
        """
        if len(sections) == 1:
            return [self._fitted(self._request(sections[0], self.final, self._room))]
        return [self._fitted(self._request(section, self.section, _SECTION_ROOM)) for section in sections]

    def request_for_attachment(self, attachment: Attachment) -> ChatRequest:
        """The request for a document that the model reads itself."""
        request = self._request("(The document is attached as a file.)", self.final, self._room)
        (message,) = request.messages
        return self._fitted(replace(request, messages=(replace(message, attachment=attachment),)))

    @property
    def _room(self) -> int:
        return _ROOM[self.options.style]

    def _answer_room(self, tokens: int) -> int:
        return min(tokens, self.model.card.max_output_tokens or tokens)

    def _request(self, material: str, prompt: Prompt, room: int) -> ChatRequest:
        return ChatRequest(
            model_id=self.model.model_id,
            messages=(ChatMessage("user", prompt.user_message(material)),),
            system=prompt.system,
            parameters=SamplingParameters(temperature=0.0, max_tokens=room),
        )

    def _fitted(self, request: ChatRequest) -> ChatRequest:
        card, tokens = self.model.card, estimate_input_tokens(request)
        room = self._answer_room(request.parameters.max_tokens or 0)
        if card.context_tokens is not None and tokens + room > card.context_tokens:
            raise ContextTooLongError(
                f"A section is about {tokens} tokens long with its prompt; {card.id} takes "
                f"{card.context_tokens - room} beside the answer. Let the operator set a summary model with a larger "
                "window."
            )
        return fit(request, card)[0]


@dataclass(frozen=True, slots=True)
class SummaryPrompts:
    """The catalogue's prompts for summaries, and how long a section is at most."""

    library: PromptLibrary
    section_tokens: int

    def requests(self, model: ResolvedModel, options: SummaryOptions) -> SummaryRequests:
        """What writes requests for `model` with these options."""
        rules = {"language_rule": options.language_rule, "instructions": options.instructions}
        return SummaryRequests(
            model=model,
            options=options,
            final=self.library.load(PROMPTS[options.style]).adapted(**rules),
            section=self.library.load(SECTION_PROMPT).adapted(**rules),
            section_tokens=self.section_tokens,
        )
