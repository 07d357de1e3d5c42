"""SQS queues: safe under threads, delays by the local clock, no event sources of moto's, URLs that any SDK can use."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.sqs.models import Message, Queue, SQSBackend

from local.clock import scaled
from local.cloud.seams.patching import SeamMovedError, replace

_endpoint_url = "http://127.0.0.1:4566"


def set_endpoint(url: str) -> None:
    """Queue URLs of the deployment start with this."""
    global _endpoint_url
    _endpoint_url = url


def arrival_of(queue: Any) -> Any:
    """The condition that a queue notifies when a message is added."""
    return queue._messages_lock


def messages_in(queue: Any) -> list[Any]:
    """Every message of the queue, also invisible and delayed ones."""
    return list(queue._messages)


def _locked_delete(original: Callable[..., None]) -> Callable[..., None]:
    """moto rebuilds the list without its lock: a message that arrives meanwhile would be lost."""

    def delete(self: Any, receipt_handle: str) -> None:
        with arrival_of(self):
            original(self, receipt_handle)

    return delete


def _locked_receive(original: Callable[..., Any]) -> Callable[..., Any]:
    """Two receivers must not get one message. Long polling waits on the same condition, and so releases the lock."""

    def receive(self: Any, queue_name: str, *args: Any, **kwargs: Any) -> Any:
        with arrival_of(self.get_queue(queue_name)):
            return original(self, queue_name, *args, **kwargs)

    return receive


def _notify_when_visible(original: Callable[..., None]) -> Callable[..., None]:
    def change(self: Any, queue_name: str, *args: Any, **kwargs: Any) -> None:
        original(self, queue_name, *args, **kwargs)
        arrival = arrival_of(self.get_queue(queue_name))
        with arrival:
            arrival.notify_all()

    return change


def _by_the_local_clock(_: Callable[..., None]) -> Callable[..., None]:
    def delay(self: Any, delay_seconds: int) -> None:
        self.delayed_until = (time.time() + scaled(delay_seconds)) * 1000

    return delay


def _local_url(_: Any) -> property:
    return property(lambda self: f"{_endpoint_url}/{self.account_id}/{self.name}")


@cache
def install() -> None:
    """Wrap the queue's list operations and switch off moto's synchronous event sources."""
    probe = Queue("probe", "us-east-1", "123456789012")
    if not (hasattr(probe, "_messages_lock") and hasattr(probe, "lambda_event_source_mappings")):
        raise SeamMovedError("moto has moved Queue._messages_lock or Queue.lambda_event_source_mappings")
    replace(Queue, "delete_message", _locked_delete)
    replace(SQSBackend, "receive_message", _locked_receive)
    replace(SQSBackend, "change_message_visibility", _notify_when_visible)
    replace(Queue, "physical_resource_id", _local_url)
    replace(Message, "delay", _by_the_local_clock)
    # moto would invoke the function inside SendMessage: what is put into this mapping is forgotten.
    Queue.lambda_event_source_mappings = property(lambda _: {}, lambda _, __: None)
