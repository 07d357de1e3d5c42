"""What goes into a turn of a conversation, and what comes out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import SamplingParameters
from lambdas.shared.services.metered_models import MeteredReply

_MODEL_DEFAULTS = SamplingParameters()


@dataclass(frozen=True, slots=True)
class Turn:
    """What the caller wants. Without a `conversation_id` a new conversation begins; `model` may be an alias.

    `remaining_seconds()` is how long the invocation may still run. `after_answer(work)` has something done once the
    whole answer is sent, in the same invocation; None where that is not possible.
    """

    caller: Caller
    message: str
    model: str
    conversation_id: str | None = None
    system: str | None = None
    parameters: SamplingParameters = _MODEL_DEFAULTS
    remaining_seconds: Callable[[], float] = lambda: math.inf
    after_answer: Callable[[Callable[[], object]], None] | None = None


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The model has begun to answer."""

    conversation_id: str
    model: str


@dataclass(frozen=True, slots=True)
class TurnAnswer:
    """The whole answer; it is stored."""

    conversation_id: str
    reply: MeteredReply


TurnItem: TypeAlias = TurnStarted | str | TurnAnswer
