"""What each kind does to a call: a WSGI application around another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from local.faults import refusals
from local.faults.api_call import ApiCall, read_body
from local.faults.connection import break_off, wait_for_hang_up
from local.faults.event_frames import CONTENT_TYPE, carries_a_piece, ends_the_answer, exception_frame, frames

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
# No client of ours waits longer for an answer than a function may run.
_LONGEST_SILENCE_SECONDS = 900.0
_USUAL_PIECES = 3


@dataclass(frozen=True, slots=True)
class Strike:
    """One rule striking one call; `kill` ends the process that makes the call."""

    number: int
    kind: str
    params: Mapping[str, Any]
    call: ApiCall
    kill: Callable[[], object]


def struck(application: Application, strike: Strike) -> Application:
    """The application as this call finds it."""
    effect = _EFFECTS[strike.kind]
    return lambda environ, start_response: effect(application, strike, environ, start_response)


def _throttle(_: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    return _refuse(refusals.throttled(strike.call.service, strike.params, fault=strike.number), environ, start)


def _server_error(application: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    answer = refusals.failed(strike.call.service, strike.params, fault=strike.number)
    if strike.params.get("when") == "after":
        _carry_out(application, environ)
        return _send(answer, environ, start)
    return _refuse(answer, environ, start)


def _refuse(answer: refusals.Answer, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    read_body(environ)  # a client that is still sending would see a reset instead of the answer
    return _send(answer, environ, start)


def _send(answer: refusals.Answer, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    status, headers, body = answer
    start(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _timeout(application: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    if strike.params.get("when") == "after":
        _carry_out(application, environ)
    else:
        read_body(environ)
    silence = strike.params.get("ms")
    wait_for_hang_up(environ, at_most_seconds=_LONGEST_SILENCE_SECONDS if silence is None else silence / 1000)
    break_off(environ)


def _slow_first_token(application: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    time.sleep(strike.params["ms"] / 1000)
    return application(environ, start)


def _slow_piece(application: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    def slowly(body: Iterable[bytes]) -> Iterator[bytes]:
        for frame in frames(body):
            if carries_a_piece(frame):
                time.sleep(strike.params["ms"] / 1000)
            yield frame

    return _reframed(application, slowly, environ, start)


def _stream_cut(application: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    code = str(strike.params.get("code", "ModelStreamErrorException"))

    def cut(body: Iterable[bytes]) -> Iterator[bytes]:
        yield from _first_pieces(body, int(strike.params.get("pieces", _USUAL_PIECES)))
        if strike.params.get("how", "connection") == "connection":
            break_off(environ)
        yield exception_frame(code, f"The stream was cut (injected by fault {strike.number}).")

    return _reframed(application, cut, environ, start)


def _crash(application: Application, strike: Strike, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    def crash(body: Iterable[bytes]) -> Iterator[bytes]:
        yield from _first_pieces(body, int(strike.params["pieces"]))
        strike.kill()
        break_off(environ)

    if "pieces" in strike.params:
        return _reframed(application, crash, environ, start)
    return _crash_at_once(application, strike, environ)


def _crash_at_once(application: Application, strike: Strike, environ: dict[str, Any]) -> NoReturn:
    if strike.params.get("when") == "after":
        _carry_out(application, environ)
    strike.kill()
    break_off(environ)


def _carry_out(application: Application, environ: dict[str, Any]) -> None:
    """The whole call, its answer thrown away: the service did its work, and its caller never hears of it."""
    body = application(environ, lambda *_: lambda _: None)
    for _ in body:
        pass
    getattr(body, "close", lambda: None)()


def _first_pieces(body: Iterable[bytes], count: int) -> Iterator[bytes]:
    """The frames up to the last of so many pieces; never the one that says that the answer is whole."""
    left = count
    for frame in frames(body):
        piece = carries_a_piece(frame)
        if ends_the_answer(frame) or (piece and left == 0):
            return
        yield frame
        left -= piece
        if piece and left == 0:
            return


def _reframed(
    application: Application, change: Callable[[Iterable[bytes]], Iterator[bytes]], environ: dict[str, Any], start: Any
) -> Iterable[bytes]:
    """Change the body if it is an event stream; errors and whole answers stay as they are."""
    streams: list[bool] = []

    def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        streams.append(any(name.lower() == "content-type" and value == CONTENT_TYPE for name, value in headers))
        return start(status, headers, exc_info)

    body = application(environ, note)
    return change(body) if streams and streams[-1] else body


_EFFECTS: Mapping[str, Callable[[Application, Strike, dict[str, Any], Any], Iterable[bytes]]] = {
    "throttle": _throttle,
    "server_error": _server_error,
    "timeout": _timeout,
    "slow_first_token": _slow_first_token,
    "slow_piece": _slow_piece,
    "stream_cut": _stream_cut,
    "crash": _crash,
}
