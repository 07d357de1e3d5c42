"""How well questions are answered: recall, rank, citations and refusals over examples/questions.json, on a running
stack's own models; `python -m benchmarks.retrieval`."""

from __future__ import annotations

import argparse
import json
import os
import re
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.host_twin import ROOT
from benchmarks.local_stack import local_stack
from benchmarks.measuring import middle, table

EXAMPLES = ROOT / "examples"
TOP_K = 8
PIECE_CHARACTERS = 700


# Method, path and body of a request; its JSON answer.
Call = Callable[[str, str, object], Any]


class Question(NamedTuple):
    """`document` and `answer` None = nothing in the documents answers it; else words of the passage that does."""

    question: str
    document: str | None
    answer: str | None


class Asked(NamedTuple):
    """One question, the ids of what was found for it, best first, and the answer of POST /rag."""

    question: Question
    found: list[dict[str, Any]]
    answer: dict[str, Any]

    @property
    def rank(self) -> int | None:
        """Of the first passage with the answer's words, from 1 on."""
        words = self.question.answer
        return next((at for at, each in enumerate(self.found, 1) if words and holds(each["text"], words)), None)

    @property
    def right(self) -> bool:
        """The answer stands, and its words or those that it cites are the answer's."""
        said = [self.answer["answer"], *(each["quote"] for each in self.answer["citations"])]
        return self.answer["grounded"] and any(holds(text, self.question.answer or "\0") for text in said)


def holds(text: str, words: str) -> bool:
    return words.casefold() in " ".join(text.split()).casefold()


def questions() -> list[Question]:
    """All of examples/questions.json."""
    return [Question(**each) for each in json.loads((EXAMPLES / "questions.json").read_text(encoding="utf-8"))]


def pieces(text: str) -> Iterator[str]:
    """A document's paragraphs, in pieces of about 700 characters that end with a sentence."""
    piece = ""
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
        if piece and len(piece) + len(sentence) > PIECE_CHARACTERS:
            yield piece
            piece = ""
        piece = f"{piece} {sentence}".strip()
    if piece:
        yield piece


def caller(stack: dict[str, Any]) -> Call:
    """Calls the stack with its own key; an error is an exception."""

    def call(method: str, path: str, body: object) -> Any:
        headers = {"authorization": f"Bearer {stack['key']}", "content-type": "application/json"}
        request = urllib.request.Request(stack["api_url"] + path, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.loads(answer.read())

    return call


def fill(call: Call, collection: str) -> None:
    """Put the documents that the questions are about into a collection."""
    call("PUT", f"/collections/{collection}", {})
    for name in dict.fromkeys(each.document for each in questions() if each.document):
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        items = [
            {"id": f"{Path(name).stem}-{at}", "text": piece, "metadata": {"document_id": name}}
            for at, piece in enumerate(pieces(text), 1)
        ]
        call("PUT", f"/collections/{collection}/items", {"items": items})


def ask(call: Call, collection: str) -> list[Asked]:
    """Each question, as passages and as an answer."""
    asked = []
    for question in questions():
        body = {"question": question.question, "collection": collection, "top_k": TOP_K}
        found = call("POST", "/rag/passages", body)["passages"]
        asked.append(Asked(question, found, call("POST", "/rag", body)))
    return asked


def figures(asked: Sequence[Asked]) -> dict[str, float]:
    """Shares from 0 to 1, all of them better when they are higher, except `wrongly refused`."""
    known = [each for each in asked if each.question.document]
    unknown = [each for each in asked if not each.question.document]
    cited = [(each, citation) for each in known for citation in each.answer["citations"]]
    sources = {passage["id"]: passage for each in asked for passage in each.found}
    precise = [
        citation
        for each, citation in cited
        if holds(sources[citation["passage_id"]]["text"], each.question.answer or "")
    ]
    return {
        **{f"recall@{k}": share([each.rank is not None and each.rank <= k for each in known]) for k in (1, 3, TOP_K)},
        "MRR": sum(1 / each.rank if each.rank else 0 for each in known) / len(known),
        "right answers": share([each.right for each in known]),
        "citation precision": len(precise) / len(cited) if cited else 0.0,
        "wrongly refused": share([not each.answer["grounded"] for each in known]),
        "refused where nothing answers": share([not each.answer["grounded"] for each in unknown]),
    }


def share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths)


def measure() -> str:
    """One table: the embedded brain, and the model behind LOCAL_MODEL_URL where that is set."""
    brains = ["embedded", *(["openai"] if os.environ.get("LOCAL_MODEL_URL") else [])]
    measured: dict[str, list[Asked]] = {}
    for brain in brains:
        with local_stack(LOCAL_BRAIN=brain) as (stack, _):
            call = caller(stack)
            fill(call, "examples")
            measured[str(stack["brain"]).partition(":")[0]] = ask(call, "examples")
    columns = [figures(asked) for asked in measured.values()]
    rows = [[name, *(f"{column[name]:.2f}" for column in columns)] for name in columns[0]]
    for title, known in (("answered somewhere", True), ("answered nowhere", False)):
        rows.append([f"best score where {title}, median", *(f"{best(each, known):.2f}" for each in measured.values())])
    known_count = sum(each.document is not None for each in questions())
    about = f"{known_count} questions that examples/ answers, {len(questions()) - known_count} that it does not."
    return f"{about}\n\n{table(['', *measured], rows)}"


def best(asked: Sequence[Asked], known: bool) -> float:
    """The median of the best passages' scores."""
    asked = [each for each in asked if (each.question.document is not None) is known]
    return middle([max((each["score"] for each in one.found), default=0.0) for one in asked])


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(measure())


if __name__ == "__main__":
    main()
