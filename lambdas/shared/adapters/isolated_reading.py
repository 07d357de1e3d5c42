"""Reading in a process of its own, with a bound on time and memory.

Parsers meet files that were made to break them: a PDF of 100 KB can ask for gigabytes, or for hours. The function that
reads would be killed with it, be tried again, and end as an internal error; a child that is killed is an answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from lambdas.shared.adapters.text_readers.extraction import Budget, Extraction
from lambdas.shared.domain.document_limits import MEBIBYTE, READING_MEMORY_BYTES, READING_SECONDS
from lambdas.shared.domain.document_text import NeedsOcrError
from lambdas.shared.domain.errors import UnreadableDocumentError

# The child imports from where this process does, wherever the runtime has put it; its argument is that path.
_START = """import json, sys
sys.path[:] = json.loads(sys.argv[1])
from lambdas.shared.adapters.isolated_reading import serve
serve()"""


def read_isolated(
    content: bytes, name: str, *, seconds: float = READING_SECONDS, memory_bytes: int = READING_MEMORY_BYTES
) -> Extraction:
    """Raises UnreadableDocumentError; `document_too_complex` when time or memory run out or the parser crashes."""
    task = json.dumps({"name": name, "memory_bytes": memory_bytes}).encode() + b"\n"
    # -I would hide the packages; -X utf8 because a function may run in the C locale
    command = [sys.executable, "-X", "utf8", "-c", _START, json.dumps(sys.path)]
    try:
        # What a parser complains of may quote the document: its words go nowhere.
        done = subprocess.run(
            command,
            input=task + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_complex(f"takes longer than {seconds:g} seconds") from error
    if done.returncode != 0:
        raise _too_complex(f"crashed its parser or needs more than {memory_bytes // MEBIBYTE:,} MB of memory")
    return _decoded(json.loads(done.stdout.decode("utf-8", "surrogatepass")))


def serve() -> None:
    """The child: one task on stdin, its outcome on stdout."""
    from lambdas.shared.adapters.text_readers.reading import read_into

    header, _, content = sys.stdin.buffer.read().partition(b"\n")
    task = json.loads(header)
    _bound_memory(task["memory_bytes"])
    extraction = Extraction(Budget())
    try:
        read_into(extraction, content, task["name"])
        outcome: dict[str, Any] = {
            "part_name": extraction.part_name, "parts": extraction.parts, "skipped": extraction.sentences(),
        }  # fmt: skip
    except NeedsOcrError as error:
        outcome = {"needs_ocr": error.pages}
    except UnreadableDocumentError as error:
        outcome = {"code": error.code, "detail": str(error)}
    # some texts hold lone halves of characters, which JSON may carry and plain UTF-8 may not
    sys.stdout.buffer.write(json.dumps(outcome, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _decoded(outcome: dict[str, Any]) -> Extraction:
    if "needs_ocr" in outcome:
        raise NeedsOcrError(outcome["needs_ocr"])
    if "code" in outcome:
        raise UnreadableDocumentError(outcome["detail"], code=outcome["code"])
    return Extraction(Budget(), part_name=outcome["part_name"], parts=outcome["parts"], skipped=outcome["skipped"])


def _bound_memory(size: int) -> None:
    """Counts private memory (Linux 4.7 and newer; other systems take the call and do nothing)."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _too_complex(why: str) -> UnreadableDocumentError:
    return UnreadableDocumentError(
        f"Reading the document {why}; save it again from its program, as PDF or simpler, or split it.",
        code="document_too_complex",
    )
