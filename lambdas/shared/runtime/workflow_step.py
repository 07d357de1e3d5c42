"""What all steps of workflows share: errors leave with their codes, time runs out, one log line says how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambdas.shared.domain.errors import QuarryError
from lambdas.shared.domain.failure import coded_errors
from lambdas.shared.runtime.invocation_time import TIME
from lambdas.shared.runtime.observability import InvocationLog

State = Mapping[str, Any]
# Of a dropped document, and of a bulk run; what the state has goes into the log line.
_IDS = ("tenant", "document_id", "execution", "run_id", "round", "number")


def workflow_step(work: Callable[[State], Any]) -> Callable[[dict[str, Any], Any], Any]:
    """A Lambda handler that does `work` on the state machine's state; what it raises is the state machine's to retry
    or catch, by class name."""

    def handle(event: dict[str, Any], context: Any) -> Any:
        ids = {name: event[name] for name in _IDS if name in event}
        log = InvocationLog(request_id=str(getattr(context, "aws_request_id", "")), **ids)
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
