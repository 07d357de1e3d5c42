"""JSON lines for batch inference: one object a line, in memory that does not grow."""

from __future__ import annotations

import io
import json
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.shared.adapters.jsonl_writer import JsonlWriter
from lambdas.shared.domain.bulk.part import request_row


def written(rows: list[dict[str, object]]) -> tuple[bytes, list[int]]:
    sink = io.BytesIO()
    writer = JsonlWriter(sink)
    sizes = [writer.write(row) for row in rows]
    writer.flush()
    return sink.getvalue(), sizes


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(texts=st.lists(st.text(), max_size=8))
def test_every_text_comes_back_from_its_own_line(texts: list[str]) -> None:
    clean = [text.encode("utf-8", "ignore").decode() for text in texts]
    rows = [request_row(f"doc_{number}", {"messages": [text]}) for number, text in enumerate(clean)]
    content, sizes = written(rows)
    lines = content.split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == rows
    assert [len(line) + 1 for line in lines] == sizes


def test_text_stays_utf8_so_that_sizes_are_what_quotas_count() -> None:
    content, _ = written([{"text": "Größe 日本"}])
    assert content == '{"text":"Größe 日本"}\n'.encode()


def test_lines_longer_than_the_buffer_are_written_whole_and_in_order() -> None:
    rows: list[dict[str, object]] = [
        {"text": letter * size} for letter, size in (("a", 10), ("b", 3_000_000), ("c", 5))
    ]
    content, sizes = written(rows)
    assert [json.loads(line) for line in content.splitlines()] == rows
    assert sum(sizes) == len(content)


def test_many_lines_take_no_more_memory_than_few() -> None:
    class Nowhere:
        def write(self, content: memoryview) -> None: ...

    row = request_row("doc", {"messages": ["x" * 6000]})
    peaks = []
    for count in (1000, 20_000):
        tracemalloc.start()
        writer = JsonlWriter(Nowhere())
        for _ in range(count):
            writer.write(row)
        writer.flush()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
