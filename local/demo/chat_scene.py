"""The demo's conversation: a second answer that needs the first turn, and an answer that arrives piece by piece."""

from __future__ import annotations

import time

from local.demo.client import ApiClient, ApiError
from local.demo.screen import Screen, dollars

FACT = "My name is Ada and I am building a radio telescope called Heron near Lisbon."
QUESTION = "What is my telescope called, and where is it?"
TEXT = (
    "Summarize in detail how this telescope listens. <document>Heron has a dish of nine metres. The dish is left "
    "unpainted, because white paint reflects infrared light into the receiver and warms it. A warm receiver adds noise "
    "of its own to the faint signal from the sky. The surface is cleaned with water each spring. The telescope listens "
    "at 1420 megahertz, where hydrogen radiates. Its receiver is cooled by a small pump below the dish. Every night it "
    "scans a strip of the sky that is one degree wide. The strips are joined into a map at the end of each month. Two "
    "mobile phone masts on the next hill disturb it, so the hours after midnight count most.</document>"
)


def play(api: ApiClient, screen: Screen) -> dict[str, float | None]:
    """Run both scenes; answers what each step cost, in USD."""
    return {**_two_turns(api, screen), **_stream(api, screen)}


def _two_turns(api: ApiClient, screen: Screen) -> dict[str, float | None]:
    screen.heading("A chat of two turns: the second answer needs the first (POST /chat)")
    costs: dict[str, float | None] = {}
    conversation: dict[str, str] = {}
    for number, message in enumerate((FACT, QUESTION), start=1):
        screen.said("you", message)
        begin = time.monotonic()
        answer = api.post("/chat", {"message": message, **conversation})
        milliseconds = (time.monotonic() - begin) * 1000
        conversation = {"conversation_id": answer["conversation_id"]}
        screen.said("quarry", answer["answer"])
        usage = answer["usage"]
        tokens = f"{usage['input_tokens']} tokens in, {usage['output_tokens']} out"
        screen.note(f"{milliseconds:.0f} ms, {tokens}, {dollars(answer['cost_usd'])} at the price of {answer['model']}")
        costs[f"chat, turn {number}"] = answer["cost_usd"]
    if "Heron" not in answer["answer"]:
        raise ApiError("the second answer does not know the first turn")
    return costs


def _stream(api: ApiClient, screen: Screen) -> dict[str, float | None]:
    screen.heading("A streamed answer, piece by piece (POST /chat/stream)")
    screen.said("you", TEXT.partition("<document>")[0] + "<document>...")
    begin = time.monotonic()
    first, last, pieces, done = 0.0, 0.0, 0, None
    screen.begin("quarry")
    for name, data in api.events("/chat/stream", {"message": TEXT}):
        if name == "delta":
            last = (time.monotonic() - begin) * 1000
            first = first or last
            pieces += 1
            screen.piece(data["text"])
        elif name == "done":
            done = data
        elif name == "error":
            raise ApiError(f"the stream broke: {data['detail']}")
    screen.end()
    if done is None:
        raise ApiError("the stream ended without `done`")
    screen.note(f"{pieces} pieces, the first after {first:.0f} ms, the last after {last:.0f} ms")
    screen.note(f"{dollars(done['cost_usd'])} at the price of {done['model']}")
    return {"chat, streamed": done["cost_usd"]}
