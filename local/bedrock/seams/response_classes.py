"""Seam: moto's Bedrock response classes hand their requests to the local Bedrock."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from moto.bedrock.responses import BedrockResponse
from moto.bedrockruntime.responses import BedrockRuntimeResponse

from local.bedrock.batch import BatchApi
from local.bedrock.control_api import ControlApi
from local.bedrock.errors import BedrockError, InternalServerError, NotEmulatedError
from local.bedrock.request_shape import check_model_id
from local.bedrock.response_shape import HttpAnswer, write_error
from local.bedrock.runtime_api import RuntimeApi
from local.faults.api_call import calling_function

# The id of a model can be an ARN, whose slashes some clients leave as they are.
RUNTIME_PATH = re.compile(
    r"/model/(?P<model>.+)/(?P<verb>converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)/?"
)
APPLY_PATH = re.compile(r"/guardrail/(?P<guardrail>.+)/version/(?P<version>[^/]+)/apply/?")
CONTROL_PATH = re.compile(r"/(?P<kind>foundation-models|inference-profiles)(?:/(?P<name>.+?))?/?")
BATCH_PATH = re.compile(r"/model-invocation-job(?:(?P<all>s)|/(?P<job>.+?)(?P<stop>/stop)?)?/?")
_dispatch_control = BedrockResponse._dispatch


def open_response_classes(runtime: RuntimeApi, control: ControlApi, batch: BatchApi) -> None:
    """Both classes look `_dispatch` up on themselves for each request; installing again replaces the first."""

    def dispatch_runtime(self: Any, request: Any, full_url: str | None = None, headers: Any = None) -> HttpAnswer:
        return guarded(lambda: _answer_runtime(runtime, request))

    def dispatch_control(self: Any, request: Any, full_url: str | None = None, headers: Any = None) -> Any:
        path = unquote(request.path)
        found, asked = CONTROL_PATH.fullmatch(path), BATCH_PATH.fullmatch(path)
        region = self.get_region_from_url(request, request.url)
        if asked is not None:
            return guarded(lambda: _answer_batch(batch, asked, request, region))
        if found is None or request.method != "GET":
            return _dispatch_control(self, request, full_url, headers)
        return guarded(lambda: _answer_control(control, found, request.args.to_dict(), region))

    BedrockRuntimeResponse._dispatch = dispatch_runtime
    BedrockResponse._dispatch = dispatch_control


def guarded(answer: Callable[[], HttpAnswer]) -> HttpAnswer:
    """The answer, or the wire form of what went wrong."""
    try:
        return answer()
    except BedrockError as error:
        return write_error(error)
    except Exception as error:
        traceback.print_exc()  # a defect of ours: the console shows where, the client gets Bedrock's 500
        return write_error(InternalServerError(f"The local Bedrock failed: {type(error).__name__}"))


def _answer_runtime(runtime: RuntimeApi, request: Any) -> HttpAnswer:
    body = request.get_data(cache=True, parse_form_data=False)
    apply = APPLY_PATH.fullmatch(unquote(request.path))
    if apply and request.method == "POST":
        return runtime.apply_guardrail(apply["guardrail"], apply["version"], body)
    found = RUNTIME_PATH.fullmatch(unquote(request.path))
    if found is None or request.method != "POST":
        raise NotEmulatedError(f"The local Bedrock does not emulate {request.method} {request.path}.")
    verbs: Mapping[str, Callable[[str, bytes, Mapping[str, str]], HttpAnswer]] = {
        "converse": runtime.converse,
        "converse-stream": runtime.converse_stream,
        "invoke": runtime.invoke_model,
        "invoke-with-response-stream": runtime.invoke_model_with_response_stream,
        "count-tokens": runtime.count_tokens,
    }
    check_model_id(found["model"])
    return verbs[found["verb"]](found["model"], body, request.headers)


def _answer_control(control: ControlApi, found: re.Match[str], query: dict[str, str], region: str) -> HttpAnswer:
    kind, name = found["kind"], found["name"]
    if kind == "foundation-models":
        return (control.get_foundation_model if name else control.list_foundation_models)(name or "", query, region)
    return (control.get_inference_profile if name else control.list_inference_profiles)(name or "", query, region)


def _answer_batch(batch: BatchApi, found: re.Match[str], request: Any, region: str) -> HttpAnswer:
    method, job = request.method, found["job"]
    if method == "POST" and job and found["stop"]:
        return batch.stop(job, region)
    if method == "POST" and not job and not found["all"]:
        caller = calling_function(request.headers.get("Authorization", ""))
        return batch.create(request.get_data(cache=True, parse_form_data=False), region, caller=caller)
    if method == "GET" and found["all"]:
        return batch.list(request.args.to_dict(), region)
    if method == "GET" and job and not found["stop"]:
        return batch.get(job, region)
    raise NotEmulatedError(f"The local Bedrock does not emulate {method} {request.path}.")
