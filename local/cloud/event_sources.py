"""The event sources of a deployment: its queues feed its functions, as AWS Lambda's pollers do."""

from __future__ import annotations

from moto.sqs.models import sqs_backends

from local.cloud.queue_poller import EventSource, QueuePoller
from local.cloud.seams.function_invocation import Invoker
from local.cloud.server import Cloud
from local.deployment import Deployment
from local.faults.deliveries import queue_invoker


class EventSources:
    """Every enabled `AWS::Lambda::EventSourceMapping`; `invoke` runs a function (name, payload)."""

    def __init__(self, deployment: Deployment, cloud: Cloud, invoke: Invoker) -> None:
        backend = sqs_backends[cloud.account][cloud.region]
        self._pollers = []
        for mapping in deployment.of_type("AWS::Lambda::EventSourceMapping"):
            if str(mapping.properties.get("Enabled", True)).lower() == "false":
                continue
            source = EventSource.from_properties(mapping.properties)
            queue = backend.get_queue(source.queue_arn.rsplit(":", 1)[-1])
            self._pollers.append(QueuePoller(source, backend=backend, queue=queue, invoke=queue_invoker(invoke)))

    def start(self) -> None:
        for poller in self._pollers:
            poller.start()

    def close(self) -> None:
        for poller in self._pollers:
            poller.close()
