"""Keeps the rolling summary of a conversation, after an answer was sent and never before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.conversation import ConversationStore, Message
from lambdas.shared.domain.memory import Memory, MemoryStore, cut_to, summary_tokens, transcript
from lambdas.shared.domain.window import Window, turn_tokens
from lambdas.shared.services.metered_models import CallPurpose, MeteredModels
from lambdas.shared.services.turn import Turn

if TYPE_CHECKING:
    from lambdas.shared.domain.prompt import Prompt

PROMPT_VERSION = "summarize_conversation.v1"
_MODEL = "fast"
# A call may take three attempts of 60 s; what begins later could be cut off by the end of the invocation.
_SECONDS_FOR_A_REFRESH = 190.0
# Notes that are shorter than this are not worth a call.
_FEWEST_SUMMARY_TOKENS = 50
# Our estimate counts up to twice the tokens that a model counts.
_ESTIMATED_PER_TOKEN = 2
# A guardrail that only made something anonymous is named too; what it blocked raises.
_GOOD_ENDS = frozenset({"end_turn", "stop_sequence", "max_tokens", "guardrail_intervened"})
_MESSAGES_PER_PAGE = 40


class ConversationMemory:
    """`history_tokens`: the budget that the windows of this deployment have; the summary gets a part of it.
    `load_prompt` is called with a prompt's version once a summary is to be made."""

    def __init__(
        self,
        *,
        conversations: ConversationStore,
        memories: MemoryStore,
        models: MeteredModels,
        load_prompt: Callable[[str], Prompt],
        history_tokens: int,
    ) -> None:
        self._conversations = conversations
        self._memories = memories
        self._models = models
        self._load_prompt = load_prompt
        self._history_tokens = history_tokens
        self._summary_tokens = summary_tokens(history_tokens)

    def is_due(self, turn: Turn, answer: str, *, number: int, recalled: Window, room: int, known: Memory) -> bool:
        """Whether the turn after this one would forget something. `number` is that of this turn's question, `room` the
        budget that its window had."""
        oldest = number if recalled.oldest is None else recalled.oldest
        too_much = recalled.tokens + turn_tokens(turn.message, answer) > room
        return (
            self._summary_tokens >= _FEWEST_SUMMARY_TOKENS
            and turn.remaining_seconds() >= _SECONDS_FOR_A_REFRESH
            and known.due(lost_below=oldest + 1 if too_much else oldest, message_count=number + 2)
        )

    def refresh(self, caller: Caller, conversation_id: str, known: Memory, *, message_count: int) -> bool:
        """Bring the summary up to the newest turn: it is ahead of what falls out until a whole window has passed.

        Of two at once one does nothing; a conversation that was deleted meanwhile stays deleted. Raises what the model
        and the stores raise; the old summary is in force until the new one is stored.
        """
        owner = caller.owner
        if not self._memories.claim(owner, conversation_id, known, message_count=message_count):
            return False
        messages = self._after(owner, conversation_id, known.through)
        told, through = transcript(known, messages, last=message_count - 1)
        if through == known.through:
            return False
        summary = self._summarize(caller, conversation_id, told)
        if not summary:
            return False
        return self._memories.keep(owner, conversation_id, Memory(summary, through, message_count))

    def _after(self, owner: str, conversation_id: str, number: int) -> Iterator[Message]:
        after = str(number) if number >= 0 else None
        while True:
            page = self._conversations.messages(owner, conversation_id, limit=_MESSAGES_PER_PAGE, after=after)
            yield from page.items
            if (after := page.after) is None:
                return

    def _summarize(self, caller: Caller, conversation_id: str, told: str) -> str:
        prompt = self._load_prompt(PROMPT_VERSION)
        request = ChatRequest(
            model_id=_MODEL,
            messages=(ChatMessage("user", prompt.user_message(told)),),
            system=prompt.system,
            parameters=SamplingParameters(temperature=0.0, max_tokens=self._summary_tokens),
        )
        purpose = CallPurpose(caller.tenant, caller.client, caller.subject, "chat.memory", conversation_id)
        reply = self._models.reply(request, purpose)
        if reply.stop_reason not in _GOOD_ENDS:
            return ""
        return cut_to(reply.text.strip(), _ESTIMATED_PER_TOKEN * self._summary_tokens)
