"""RetrieveAndGenerate and its stream: passages into a prompt, the model's answer out, with citations as spans."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.bedrock.converse_api import INTERVENED, ConverseApi
from local.bedrock.errors import ValidationError
from local.bedrock.knowledge.citations import citations_of
from local.bedrock.knowledge.retrieval import DEFAULT_RESULTS, Retrieval, Retrieved

# What Bedrock says where it finds nothing: https://docs.aws.amazon.com/bedrock/latest/userguide/kb-test-retrieve-generate.html
NOTHING_FOUND = "Sorry, I am unable to assist you with this request."
_SYSTEM = (
    "You are a question answering agent. The user gives you a set of search results and a question. Answer the "
    "question with information from the search results only; if they do not answer it, say so."
)
_TEMPLATE = "<search_results>\n$search_results$\n</search_results>\n\n$query$"
_REMEMBERED_TURNS = 10


class AnswerGeneration:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_RetrieveAndGenerate.html"""

    def __init__(self, retrieval: Retrieval, conversations: ConverseApi) -> None:
        self._retrieval = retrieval
        self._conversations = conversations
        self._lock = threading.Lock()
        self._sessions: dict[str, list[dict[str, Any]]] = {}

    def answer(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The whole answer."""
        session, found, request = self._prepared(given)
        if not found:
            return {"sessionId": session, "output": {"text": NOTHING_FOUND}, "citations": _no_citation(NOTHING_FOUND)}
        result = self._conversations.converse(request)
        text = "".join(block.get("text", "") for block in result["output"]["message"]["content"])
        intervened = result["stopReason"] == INTERVENED
        self._remember(session, given["input"]["text"], text)
        action = {"guardrailAction": "INTERVENED" if intervened else "NONE"} if "guardrailConfig" in request else {}
        citations = _no_citation(text) if intervened else citations_of(text, found)
        return {"sessionId": session, "output": {"text": text}, "citations": citations, **action}

    def stream(self, given: Mapping[str, Any]) -> tuple[str, Iterator[dict[str, Any]]]:
        """The session, and events: pieces of the answer, then its citations, then what the guardrail did."""
        session, found, request = self._prepared(given)
        return session, self._events(session, found, request, given["input"]["text"])

    def _events(
        self, session: str, found: Sequence[Retrieved], request: Mapping[str, Any], question: str
    ) -> Iterator[dict[str, Any]]:
        text, stop = "", ""
        for event in self._conversations.events(request) if found else _said(NOTHING_FOUND):
            piece = event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
            stop = event.get("messageStop", {}).get("stopReason", stop)
            text += piece
            if piece:
                yield {"output": {"text": piece}}
        if found:
            self._remember(session, question, text)
        for citation in citations_of(text, found) if found and stop != INTERVENED else _no_citation(text):
            yield {"citation": {"citation": citation, **citation}}
        if "guardrailConfig" in request:
            yield {"guardrail": {"action": "INTERVENED" if stop == INTERVENED else "NONE"}}

    def _prepared(self, given: Mapping[str, Any]) -> tuple[str, list[Retrieved], dict[str, Any]]:
        configuration = given.get("retrieveAndGenerateConfiguration", {})
        own = configuration.get("knowledgeBaseConfiguration")
        if configuration.get("type") != "KNOWLEDGE_BASE" or own is None:
            raise ValidationError("The local RetrieveAndGenerate emulates the type KNOWLEDGE_BASE only.")
        question = given["input"]["text"]
        if not question.strip():
            raise ValidationError("The input text must not be empty.")
        session, earlier = self._session(given.get("sessionId"))
        search = own.get("retrievalConfiguration", {}).get("vectorSearchConfiguration", {})
        found = self._retrieval.search(own["knowledgeBaseId"], question, search)
        found = found[: int(search.get("numberOfResults", DEFAULT_RESULTS))]
        return session, found, _request(own, question, found, earlier)

    def _session(self, session_id: str | None) -> tuple[str, list[dict[str, Any]]]:
        with self._lock:
            if session_id is None:
                session_id = str(uuid.uuid4())
                self._sessions[session_id] = []
            elif session_id not in self._sessions:
                raise ValidationError(f"Session with Id {session_id} is not valid. Please check and try again.")
            return session_id, list(self._sessions[session_id])

    def _remember(self, session: str, question: str, answer: str) -> None:
        turns = [
            {"role": "user", "content": [{"text": question}]},
            {"role": "assistant", "content": [{"text": answer or NOTHING_FOUND}]},
        ]
        with self._lock:
            self._sessions[session] = [*self._sessions[session], *turns][-2 * _REMEMBERED_TURNS :]


def _request(
    own: Mapping[str, Any], question: str, found: Sequence[Retrieved], earlier: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Converse's parameters."""
    generation = own.get("generationConfiguration", {})
    results = "\n".join(
        f'<passage number="{number}">\n{each.passage.text}\n</passage>' for number, each in enumerate(found, start=1)
    )
    template = generation.get("promptTemplate", {}).get("textPromptTemplate", _TEMPLATE)
    # The question first: what stands in a passage must not become a place for the question.
    text = template.replace("$output_format_instructions$", "").replace("$query$", question)
    text = text.replace("$search_results$", results)
    request: dict[str, Any] = {
        "modelId": own["modelArn"],
        "system": [{"text": _SYSTEM}],
        "messages": [*earlier, {"role": "user", "content": [{"text": text}]}],
    }
    inference = generation.get("inferenceConfig", {}).get("textInferenceConfig")
    if inference:
        request["inferenceConfig"] = dict(inference)
    guard = generation.get("guardrailConfiguration")
    if guard:
        names = {"guardrailIdentifier": guard["guardrailId"], "guardrailVersion": guard["guardrailVersion"]}
        request["guardrailConfig"] = names
    return request


def _said(text: str) -> Iterator[dict[str, Any]]:
    yield {"contentBlockDelta": {"delta": {"text": text}}}


def _no_citation(text: str) -> list[dict[str, Any]]:
    span = {"start": 0, "end": max(0, len(text) - 1)}
    return [{"generatedResponsePart": {"textResponsePart": {"text": text, "span": span}}, "retrievedReferences": []}]
