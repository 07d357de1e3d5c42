"""The kinds of faults: what each acts on, where it acts unless told otherwise, and which parameters it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Subject = Literal["call", "stream", "event", "job"]
# Where events can be lost, doubled or late: S3 and Bedrock -> EventBridge, a rule -> its target, a queue -> its
# function.
EVENT_SERVICES = ("s3", "bedrock", "events", "sqs")
JOB_SERVICE = "bedrock"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type` is int (from `minimum` to `maximum`) or str (one of `choices`, where there are any)."""

    type: type
    required: bool = False
    minimum: int = 0
    maximum: int | None = None
    choices: tuple[str, ...] = ()

    def problem_with(self, value: Any) -> str | None:
        """What is wrong with the value, or None."""
        if not isinstance(value, self.type) or isinstance(value, bool):
            return f"must be {'a whole number' if self.type is int else 'a text'}"
        if isinstance(value, int) and value < self.minimum:
            return f"must be at least {self.minimum}"
        if isinstance(value, int) and self.maximum is not None and value > self.maximum:
            return f"must be at most {self.maximum}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        return None


@dataclass(frozen=True, slots=True)
class Kind:
    """`service` is the one that a rule means when it names none."""

    subject: Subject
    service: str = "bedrock-runtime"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


_ERROR = {"code": Parameter(str), "status": Parameter(int, minimum=400)}
_WHEN = Parameter(str, choices=("before", "after"))
_PAUSE = {"ms": Parameter(int, required=True, minimum=1)}
_PERCENT = {"percent": Parameter(int, minimum=1, maximum=100)}


def _job(**parameters: Parameter) -> Kind:
    return Kind("job", service=JOB_SERVICE, parameters=parameters)


KINDS: Mapping[str, Kind] = {
    "throttle": Kind("call", parameters=_ERROR),
    "server_error": Kind("call", parameters={**_ERROR, "when": _WHEN}),
    "timeout": Kind("call", parameters={"ms": Parameter(int, minimum=1), "when": _WHEN}),
    "slow_first_token": Kind("call", parameters=_PAUSE),
    "slow_piece": Kind("stream", parameters=_PAUSE),
    "stream_cut": Kind(
        "stream",
        parameters={
            "pieces": Parameter(int),
            "how": Parameter(str, choices=("connection", "exception")),
            "code": Parameter(str),
        },
    ),
    "crash": Kind("call", parameters={"when": _WHEN, "pieces": Parameter(int)}),
    "lost_event": Kind("event", service="s3"),
    "doubled_event": Kind("event", service="s3"),
    "late_event": Kind("event", service="s3", parameters=_PAUSE),
    "job_failed": _job(message=Parameter(str), when=Parameter(str, choices=("validating", "running"))),
    "job_expired": _job(),
    "job_stopped": _job(**_PERCENT),
    "job_partial": _job(**_PERCENT),
    "job_slow_start": _job(**_PAUSE),
    "error_rows": _job(**_PERCENT, code=Parameter(int, minimum=400, maximum=599), message=Parameter(str)),
    "missing_rows": _job(**_PERCENT),
    "doubled_rows": _job(**_PERCENT),
}
