"""Real requests and answers of the chat operations, as the local stack gave them."""

from __future__ import annotations

from typing import Any

_ID = "conv_01kajjk34cr2k5nvk4syvqt5zr"
_MODEL = "global.amazon.nova-2-lite-v1:0"
_OUTCOME: dict[str, Any] = {
    "conversation_id": _ID,
    "model": _MODEL,
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 70, "output_tokens": 23, "cache_read_tokens": 0, "cache_write_tokens": 0},
    "cost_usd": 0.0000785,
    "ignored_parameters": [],
}
_SAID = "You said: “My telescope is called Heron.”"

TURN: dict[str, Any] = {
    "message": "What is my telescope called?",
    "conversation_id": _ID,
    "model": "balanced",
    "parameters": {"temperature": 0.2, "max_tokens": 300},
}
ANSWER: dict[str, Any] = {**_OUTCOME, "answer": _SAID}
STREAM = (
    f'event: start\ndata: {{"conversation_id":"{_ID}","model":"{_MODEL}"}}\n\n'
    'event: delta\ndata: {"text":"You said: "}\n\n'
    'event: delta\ndata: {"text":"“My telescope is called Heron.”"}\n\n'
    f'event: done\ndata: {{"conversation_id":"{_ID}","model":"{_MODEL}","stop_reason":"end_turn","usage":'
    '{"input_tokens":70,"output_tokens":23,"cache_read_tokens":0,"cache_write_tokens":0},'
    '"cost_usd":0.0000785,"ignored_parameters":[]}\n\n'
)
CONVERSATION: dict[str, Any] = {
    "conversation_id": _ID,
    "title": "My telescope is called Heron.",
    "created_at": "2026-11-21T09:13:05.100Z",
    "updated_at": "2026-11-21T09:13:09.412Z",
    "message_count": 2,
}
HISTORY: dict[str, Any] = {
    **CONVERSATION,
    "items": [
        {
            "number": 0,
            "role": "user",
            "text": "My telescope is called Heron.",
            "created_at": "2026-11-21T09:13:05.100Z",
            "model": None,
            "interrupted": False,
        },
        {
            "number": 1,
            "role": "assistant",
            "text": "Understood: your telescope is called Heron. I will use that when you ask.",
            "created_at": "2026-11-21T09:13:05.431Z",
            "model": _MODEL,
            "interrupted": False,
        },
    ],
    "next_cursor": None,
}
