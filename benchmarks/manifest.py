"""How fast JSON lines for batch inference are written from texts in memory; `python -m benchmarks.manifest`.

Held against json.dumps line by line, and against writing the same bytes without encoding anything. A file of 256 MB is
written over and over, so the disk's size does not matter and its speed hardly does.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from lambdas.shared.adapters.jsonl_writer import JsonlWriter
from lambdas.shared.domain.bulk.part import request_row
from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, SamplingParameters
from lambdas.shared.domain.converse import converse_body

ROOT = Path(__file__).resolve().parents[1]
CHARACTERS = 6400
_RING_BYTES = 256 * 1024 * 1024
_TEXTS = 64
VARIANTS = ("json.dumps per line", "json.dumps per line, UTF-8", "Quarry", "write alone")


class RingFile:
    """A file that begins again where it would grow too large."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        self.total = 0

    def write(self, content: bytes | memoryview) -> None:
        if self._at > _RING_BYTES:
            self._file.seek(0)
            self._at = 0
        self._file.write(content)
        self._at += len(content)
        self.total += len(content)


def texts() -> Sequence[str]:
    """Pieces of the example documents, each of another beginning."""
    names = ("examples/salt-road-history.txt", "examples/sources/heron-field-report.txt")
    whole = "\n\n".join((ROOT / name).read_text(encoding="utf-8") for name in names) * 8
    return [whole[97 * index :][:CHARACTERS] for index in range(_TEXTS)]


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Requests as prepare writes them, built one by one."""
    pool = texts()
    parameters = SamplingParameters(temperature=0.0, max_tokens=2000)
    for number in range(count):
        message = ChatMessage("user", pool[number % _TEXTS])
        request = ChatRequest("m", (message,), system="Summarize the document.", parameters=parameters)
        yield request_row(f"doc_{number:024x}_0_00000", converse_body(request))


def write_quarry(count: int, ring: RingFile) -> None:
    writer = JsonlWriter(ring)
    for row in rows(count):
        writer.write(row)
    writer.flush()


def write_json(count: int, ring: RingFile) -> None:
    for row in rows(count):
        ring.write(json.dumps(row).encode() + b"\n")


def write_json_utf8(count: int, ring: RingFile) -> None:
    for row in rows(count):
        ring.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def write_alone(count: int, ring: RingFile) -> None:
    lines = [json.dumps(row).encode() + b"\n" for row in rows(_TEXTS)]
    block = b"".join(lines * 2)
    for _ in range(0, count, 2 * _TEXTS):
        ring.write(block)


_WRITERS: dict[str, Callable[[int, RingFile], None]] = dict(
    zip(VARIANTS, (write_json, write_json_utf8, write_quarry, write_alone), strict=True)
)


def one(variant: str, count: int) -> dict[str, float]:
    """Megabytes per second of CPU time, and the peak of this process's memory in MB."""
    with tempfile.TemporaryFile(buffering=0) as file:
        ring = RingFile(file)
        begin = time.process_time()
        _WRITERS[variant](count, ring)
        seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"mb_per_second": ring.total / 1e6 / seconds, "records_per_second": count / seconds, "peak_mb": peak}


def _in_a_process(variant: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.manifest", "--one", variant, str(count)]
    answer: dict[str, float] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return answer


def measure(rounds: int = 5, count: int = 50_000, many: int = 500_000) -> str:
    """Each variant in processes of its own, interleaved."""
    from benchmarks.measuring import middle, table  # brings the CDK along, whose memory is not the writer's

    speeds: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    for _ in range(rounds):
        for variant in VARIANTS:
            speeds[variant].append(_in_a_process(variant, count))
    anchor = middle([each["mb_per_second"] for each in speeds[VARIANTS[0]]])
    lines = []
    for variant, measured in speeds.items():
        speed = middle([each["mb_per_second"] for each in measured])
        records = middle([each["records_per_second"] for each in measured])
        lines.append([variant, f"{speed / anchor:.1f}x", f"{speed:.0f}", f"{records:.0f}"])
    few, lot = (_in_a_process("Quarry", size)["peak_mb"] for size in (1000, many))
    head = ["variant", "speed", "MB/s of one core", "records/s"]
    memory = f"Peak memory of the process: {few:.0f} MB for 1,000 records, {lot:.0f} MB for {many:,}."
    return f"{count:,} records of {CHARACTERS} characters, {rounds} rounds.\n\n{table(head, lines)}\n\n{memory}"


def main() -> None:
    if "--one" in sys.argv:
        variant, count = sys.argv[2:]
        print(json.dumps(one(variant, int(count))))
    else:
        print(measure())


if __name__ == "__main__":
    main()
