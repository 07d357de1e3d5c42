"""Seam: moto's response class of `bedrock-agent` hands Knowledge Bases, and all of `bedrock-agent-runtime`, over."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.bedrockagent.responses import AgentsforBedrockResponse

from local.bedrock.errors import NotEmulatedError
from local.bedrock.knowledge.agent_api import AgentApi
from local.bedrock.knowledge.agent_runtime_api import AgentRuntimeApi
from local.bedrock.response_shape import HttpAnswer
from local.bedrock.seams.response_classes import guarded

# moto has no `bedrock-agent-runtime`: `service_routing` brings its requests here, too.
RUNTIME_PATH = re.compile(
    r"/knowledgebases/(?P<base>.+)/retrieve/?|/(?P<verb>rerank|retrieveAndGenerate|retrieveAndGenerateStream)/?"
)
KNOWLEDGE_PATH = re.compile(
    r"/knowledgebases(?:/(?P<base>[^/]+)(?P<sources>/datasources(?:/(?P<source>[^/]+)"
    r"(?P<documents>/documents(?:/(?:getDocuments|deleteDocuments))?|/ingestionjobs.*)?)?)?)?/?"
)
_dispatch_agent = AgentsforBedrockResponse._dispatch


def open_knowledge_routes(agent: AgentApi, runtime: AgentRuntimeApi) -> None:
    """The class looks `_dispatch` up on itself for each request; installing again replaces the first."""

    def dispatch(self: Any, request: Any, full_url: str | None = None, headers: Any = None) -> Any:
        path = unquote(request.path)
        asked, found = RUNTIME_PATH.fullmatch(path), KNOWLEDGE_PATH.fullmatch(path)
        if asked is not None and request.method == "POST":
            return guarded(lambda: _answer_runtime(runtime, asked, _body(request)))
        if found is not None:
            region = self.get_region_from_url(request, request.url)
            return guarded(lambda: _answer_agent(agent, found, request, region))
        return _dispatch_agent(self, request, full_url, headers)

    AgentsforBedrockResponse._dispatch = dispatch


def _body(request: Any) -> bytes:
    body: bytes = request.get_data(cache=True, parse_form_data=False)
    return body


def _answer_runtime(runtime: AgentRuntimeApi, asked: re.Match[str], body: bytes) -> HttpAnswer:
    if asked["base"]:
        return runtime.retrieve(asked["base"], body)
    verbs: dict[str, Callable[[bytes], HttpAnswer]] = {
        "rerank": runtime.rerank,
        "retrieveAndGenerate": runtime.retrieve_and_generate,
        "retrieveAndGenerateStream": runtime.retrieve_and_generate_stream,
    }
    return verbs[asked["verb"]](body)


def _answer_agent(agent: AgentApi, found: re.Match[str], request: Any, region: str) -> HttpAnswer:
    method, base, source = request.method, found["base"], found["source"]
    body = _body(request)
    if source and found["documents"]:
        answers: dict[tuple[str, str], Callable[[str, str, bytes], HttpAnswer]] = {
            ("PUT", "/documents"): agent.ingest_documents,
            ("POST", "/documents"): agent.list_documents,
            ("POST", "/documents/getDocuments"): agent.get_documents,
            ("POST", "/documents/deleteDocuments"): agent.delete_documents,
        }
        answer = answers.get((method, found["documents"]))
        if answer is not None:
            return answer(base, source, body)
    elif source and method in {"GET", "DELETE"}:
        return (agent.get_data_source if method == "GET" else agent.delete_data_source)(base, source)
    elif found["sources"] and method in {"PUT", "POST"}:
        return (agent.create_data_source if method == "PUT" else agent.list_data_sources)(base, body)
    elif base and not found["sources"] and method in {"GET", "DELETE"}:
        return (agent.get_knowledge_base if method == "GET" else agent.delete_knowledge_base)(base)
    elif not base and method in {"PUT", "POST"}:
        return (agent.create_knowledge_base if method == "PUT" else agent.list_knowledge_bases)(body, region)
    raise NotEmulatedError(f"The local Bedrock does not emulate {method} {request.path}.")
