"""Guardrails of InvokeModel: named by headers, applied to whatever body format the model speaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.formats import BodyFormat, ModelAnswer
from local.bedrock.guardrails.assessment import Assessor
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.guardrails.guarded_brain import GuardedBrain
from local.bedrock.guardrails.guarded_call import GuardedCall
from local.bedrock.model_directory import Model

CONFIG = "amazon-bedrock-guardrailConfig"
Body = Mapping[str, Any]


class GuardedBodies:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-invoke-model.html"""

    def __init__(self, guardrails: GuardrailDirectory, brain: Brain) -> None:
        self._guardrails = guardrails
        self._brain = brain

    def answer(self, body_format: BodyFormat, body: Body, model: Model, headers: Mapping[str, str]) -> ModelAnswer:
        """The format's answer, with the guardrail's action and trace added to its body."""
        guarded = self._guarded(body, headers, streamed=False)
        if guarded is None:
            return body_format.answer(body, model, self._brain)
        brain, call, plain = guarded
        answer = body_format.answer(plain, model, brain)
        return ModelAnswer({**answer.body, **_outcome(call)}, answer.input_tokens, answer.output_tokens)

    def events(
        self, body_format: BodyFormat, body: Body, model: Model, headers: Mapping[str, str]
    ) -> Iterator[dict[str, Any]]:
        """The format's events; the last one carries action and trace."""
        guarded = self._guarded(body, headers, streamed=True)
        if guarded is None:
            yield from body_format.events(body, model, self._brain)
            return
        brain, call, plain = guarded
        last: dict[str, Any] | None = None
        for event in body_format.events(plain, model, brain):
            if last is not None:
                yield last
            last = event
        yield {**(last or {}), **_outcome(call)}

    def _guarded(
        self, body: Body, headers: Mapping[str, str], *, streamed: bool
    ) -> tuple[Brain, GuardedCall, Body] | None:
        identifier = headers.get("X-Amzn-Bedrock-GuardrailIdentifier", "")
        version = headers.get("X-Amzn-Bedrock-GuardrailVersion", "")
        config = body.get(CONFIG) or {}
        if not identifier and not version:
            if config:
                raise ValidationError(f"The body holds {CONFIG}, but the request names no guardrail.")
            return None
        assessor = Assessor(self._guardrails.policy(identifier, version), self._brain.embed)
        synchronous = not streamed or str(config.get("streamProcessingMode", "SYNCHRONOUS")).upper() == "SYNCHRONOUS"
        trace = headers.get("X-Amzn-Bedrock-Trace", "DISABLED")
        call = GuardedCall(assessor, trace=trace, synchronous=synchronous)
        brain = GuardedBrain(self._brain, call, tag_suffix=str(config.get("tagSuffix", "")))
        return brain, call, {name: value for name, value in body.items() if name != CONFIG}


def _outcome(call: GuardedCall) -> dict[str, Any]:
    outcome: dict[str, Any] = {"amazon-bedrock-guardrailAction": "INTERVENED" if call.intervened else "NONE"}
    trace = call.trace()
    if trace:
        outputs = trace.pop("outputAssessments", {})
        written = {"input": trace.pop("inputAssessment"), **trace}
        written["outputs"] = [{key: each} for key, found in outputs.items() for each in found]
        outcome["amazon-bedrock-trace"] = {"guardrail": written}
    return outcome
