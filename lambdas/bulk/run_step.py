"""What all steps of the workflow share: errors leave with their codes, time runs out, one log line says how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambdas.shared.domain.errors import QuarryError
from lambdas.shared.domain.failure import coded_errors
from lambdas.shared.runtime.observability import InvocationLog

State = Mapping[str, Any]
_IDS = ("run_id", "round", "number")
# What a step needs to end its files and make its commit.
_RESERVE_MS = 90_000


class InvocationTime:
    """How much time the invocation under way has left; a process has one at a time."""

    def __init__(self) -> None:
        self._remaining_ms: Callable[[], int] = lambda: _RESERVE_MS * 2

    def begin(self, context: Any) -> None:
        """An invocation begins; one without a Lambda context has all the time it wants."""
        self._remaining_ms = getattr(context, "get_remaining_time_in_millis", self._remaining_ms)

    def is_up(self) -> bool:
        """Whether the rest should be left to the next invocation."""
        return self._remaining_ms() < _RESERVE_MS


TIME = InvocationTime()


def run_step(work: Callable[[State], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """A Lambda handler that does `work` on the state machine's state; what it raises is the state machine's to retry
    or catch, by class name."""

    def handle(event: dict[str, Any], context: Any) -> Any:
        log = InvocationLog(
            request_id=str(getattr(context, "aws_request_id", "")), **{name: event.get(name) for name in _IDS}
        )
        TIME.begin(context)
        try:
            with coded_errors():
                return work(event)
        except QuarryError as error:
            log.add(code=error.code)
            raise
        except Exception as error:
            log.add(failed=True)
            log.defect(error)
            raise
        finally:
            log.write()

    return handle
