"""What is kept of a stream of server-sent events, so that it can be sent again at once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lambdas.shared.runtime.sse import sse_event

_DELTA, _DONE, _ERROR = (b"event: " + name + b"\n" for name in (b"delta", b"done", b"error"))
_DATA = b"data: "


def ends_well(event: bytes) -> bool | None:
    """True for `done`, False for `error`, None for an event that is not a stream's last."""
    if event.startswith(_DONE):
        return True
    return False if event.startswith(_ERROR) else None


def replay_of(events: Iterable[bytes]) -> bytes:
    """The same events with all deltas as one. Of a stream that ended in `error` no delta is left: what had arrived is
    no answer, and a content policy may have taken it back."""
    kept: list[bytes] = []
    texts: list[str] = []
    position = 0
    for event in events:
        if event.startswith(_DELTA):
            position = position if texts else len(kept)
            texts.append(msgspec.json.decode(event[len(_DELTA) + len(_DATA) :])["text"])
        else:
            kept.append(event)
    if texts and not (kept and kept[-1].startswith(_ERROR)):
        kept.insert(position, sse_event("delta", {"text": "".join(texts)}))
    return b"".join(kept)
