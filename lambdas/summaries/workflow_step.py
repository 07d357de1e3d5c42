"""What all steps of the workflow share: errors leave with their codes, and one log line says how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambdas.shared.domain.errors import QuarryError
from lambdas.shared.domain.failure import coded_errors
from lambdas.shared.runtime.observability import InvocationLog

State = Mapping[str, Any]


def workflow_step(work: Callable[[State], dict[str, Any] | None]) -> Callable[[dict[str, Any], Any], Any]:
    """A Lambda handler that does `work` on the state machine's state; what it raises is the state machine's to retry
    or catch, by class name."""

    def handle(event: dict[str, Any], context: Any) -> Any:
        ids = {name: event.get(name) for name in ("tenant", "document_id", "execution")}
        log = InvocationLog(request_id=str(getattr(context, "aws_request_id", "")), **ids)
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
