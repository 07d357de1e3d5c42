"""One event source: takes batches from a queue, invokes its function, and deletes what succeeded.

A failed message is left alone: it returns by its visibility timeout, and the queue moves it to the dead letters.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from typing import Any

from local.clock import scaled
from local.cloud.seams import queues
from local.cloud.seams.function_invocation import Invoker
from local.cloud.sqs_records import failed_ids, sqs_event

_log = logging.getLogger("local.cloud")
# Lambda starts with five pollers: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
_DEFAULT_CONCURRENCY = 5
# A function on a busy machine is done by then: no message comes back while it is still worked on.
_SHORTEST_HIDDEN_SECONDS = 15
# Arrivals wake the poller at once; messages that become visible again are waited for, no longer than this at a time.
_LONGEST_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class EventSource:
    """An `AWS::Lambda::EventSourceMapping` of a queue."""

    function_name: str
    queue_arn: str
    batch_size: int = 10
    window_seconds: float = 0.0
    concurrency: int = _DEFAULT_CONCURRENCY
    partial: bool = False

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> EventSource:
        """Read the resolved properties; raises ValueError for what is not emulated."""
        if properties.get("FilterCriteria"):
            raise ValueError("FilterCriteria of event source mappings are not emulated")
        scaling = properties.get("ScalingConfig", {})
        return cls(
            function_name=str(properties["FunctionName"]).rsplit(":function:", 1)[-1].split(":")[0],
            queue_arn=str(properties["EventSourceArn"]),
            batch_size=int(properties.get("BatchSize", 10)),
            window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
            concurrency=int(scaling.get("MaximumConcurrency", _DEFAULT_CONCURRENCY)),
            partial="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        )


class QueuePoller:
    """A thread that receives, and as many workers as the mapping allows."""

    def __init__(self, source: EventSource, *, backend: Any, queue: Any, invoke: Invoker) -> None:
        self._source = source
        self._backend = backend
        self._queue = queue
        self._invoke = invoke
        self._free = threading.Semaphore(source.concurrency)
        self._stopped = threading.Event()
        self._workers = ThreadPoolExecutor(source.concurrency, thread_name_prefix=f"sqs-{source.function_name}")
        self._thread = threading.Thread(target=self._poll, name=f"poll-{queue.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop receiving; a batch that is being worked on is not waited for: its messages return on their own."""
        self._stopped.set()
        arrival = queues.arrival_of(self._queue)
        with arrival:
            arrival.notify_all()
        self._free.release()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _poll(self) -> None:
        while not self._stopped.is_set():
            self._free.acquire()
            batch = self._next_batch()
            if not batch:
                self._free.release()
                continue
            self._workers.submit(self._work, batch)

    def _next_batch(self) -> list[Any]:
        """Wait for a message, then fill the batch until it is full or its window is over."""
        batch = self._receive(self._source.batch_size)
        if not batch:
            self._wait(_LONGEST_WAIT_SECONDS)
            batch = self._receive(self._source.batch_size)
        deadline = time.monotonic() + scaled(self._source.window_seconds)
        while batch and len(batch) < self._source.batch_size and (left := deadline - time.monotonic()) > 0:
            if self._stopped.is_set():
                break
            self._wait(left)
            batch += self._receive(self._source.batch_size - len(batch))
        return batch

    def _receive(self, count: int) -> list[Any]:
        if self._stopped.is_set():
            return []
        messages: list[Any] = self._backend.receive_message(self._queue.name, count, 0, self._hidden_seconds(), ["All"])
        return messages

    def _hidden_seconds(self) -> int:
        """How long a batch stays hidden: the queue's timeout by the local clock, but never less than a busy function
        takes at its real speed."""
        own = int(self._queue.visibility_timeout)
        return min(own, max(ceil(scaled(own)), _SHORTEST_HIDDEN_SECONDS))

    def _wait(self, longest: float) -> None:
        arrival = queues.arrival_of(self._queue)
        with arrival:
            if not self._queue.messages and not self._stopped.is_set():
                arrival.wait(min(longest, self._until_next_visible()))

    def _until_next_visible(self) -> float:
        now = time.time() * 1000
        due = [max(message.visible_at, message.delayed_until) - now for message in queues.messages_in(self._queue)]
        return min(_LONGEST_WAIT_SECONDS, max(min(due, default=now) / 1000, 0.005))

    def _work(self, batch: list[Any]) -> None:
        try:
            failed = self._run(batch)
            for message in batch:
                if message.id not in failed:
                    self._backend.delete_message(self._queue.name, message.receipt_handle)
        except Exception as error:
            _log.warning("event source %s: %s", self._source.function_name, error or repr(error))
        finally:
            self._free.release()

    def _run(self, batch: list[Any]) -> frozenset[str]:
        region = self._source.queue_arn.split(":")[3]
        payload = sqs_event(batch, queue_arn=self._source.queue_arn, region=region)
        outcome = self._invoke(self._source.function_name, payload)
        ids = [message.id for message in batch]
        if outcome.error:
            failed = frozenset(ids)
        else:
            failed = failed_ids(outcome.payload, ids) if self._source.partial else frozenset()
        if failed:
            timeout = self._hidden_seconds()
            _log.warning(
                "%s failed %d of %d messages; they return in %s s",
                self._source.function_name,
                len(failed),
                len(ids),
                timeout,
            )
        return failed
