"""How much of a conversation fits into a request beside everything else that has to."""

from __future__ import annotations

from lambdas.shared.domain.memory import Memory, with_history
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.tokens import estimate_tokens
from lambdas.shared.services.turn import Turn

# Room for the answer where the caller sets no max_tokens.
_USUAL_ANSWER_TOKENS = 4096


def history_room(turn: Turn, card: ModelCard, memory: Memory, *, history_tokens: int) -> tuple[str | None, int]:
    """The system prompt, with the summary if there is one, and the tokens that are left for whole turns: of
    `history_tokens`, or less where the model's window has to hold the rest of the request and the answer too.

    A summary that would take more than half of it is left out.
    """
    room, own = history_tokens, estimate_tokens(turn.system or "")
    if card.context_tokens is not None:
        answer = min(turn.parameters.max_tokens or _USUAL_ANSWER_TOKENS, card.max_output_tokens or card.context_tokens)
        room = min(room, card.context_tokens - own - estimate_tokens(turn.message) - answer)
    if not memory.summary:
        return turn.system, room
    system = with_history(turn.system, memory.summary)
    summary = estimate_tokens(system or "") - own
    return (system, room - summary) if 2 * summary <= room else (turn.system, room)
