"""EventBridge: finds the rules that match an event and hands it to their targets: queues, functions, state machines,
topics and web addresses.

Delivery never blocks the sender and never fails silently: what cannot be delivered is logged and goes to the target's
dead-letter queue where it has one.
"""

from __future__ import annotations

import copy
import datetime
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from moto.awslambda.utils import get_backend as lambda_backend
from moto.events.models import Rule, events_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.responses import get_backend as workflow_backend

from local.cloud.seams import api_destinations
from local.cloud.seams.patching import replace
from local.cloud.seams.target_input import target_input
from local.faults.deliveries import deliver

_log = logging.getLogger("local.cloud")


def iso_time(seconds: float) -> str:
    """Event times are UTC, to the second."""
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def publish(event: Mapping[str, Any], *, account: str, region: str) -> None:
    """Send an AWS service's event to the rules of the default bus."""
    bus = events_backends[account][region].event_buses["default"]

    def send() -> None:
        for rule in list(bus.rules.values()):
            rule.send_to_targets(event)

    deliver(send, service=str(event["source"]).removeprefix("aws."), detail_type=str(event["detail-type"]))


def _send_to_queue(target: Mapping[str, Any], text: str) -> None:
    _, _, _, region, account, name = str(target["Arn"]).split(":", 5)
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    sqs_backends[account][region].send_message(queue_name=name, message_body=text, group_id=group)


def _send_to_function(target: Mapping[str, Any], text: str) -> None:
    arn = str(target["Arn"])
    _, _, _, region, account, _ = arn.split(":", 5)
    lambda_backend(account, region).invoke(arn, None, text, {"X-Amz-Invocation-Type": "Event"}, {})


def _send_to_state_machine(target: Mapping[str, Any], text: str) -> None:
    arn = str(target["Arn"])
    _, _, _, region, account, _ = arn.split(":", 5)
    workflow_backend(account, region).start_execution(arn, str(uuid.uuid4()), text)


def _send_to_topic(target: Mapping[str, Any], text: str) -> None:
    arn = str(target["Arn"])
    _, _, _, region, account, _ = arn.split(":", 5)
    sns_backends[account][region].publish(text, arn)


_SENDERS: dict[str, Callable[[Mapping[str, Any], str], None]] = {
    "sqs": _send_to_queue,
    "lambda": _send_to_function,
    "states": _send_to_state_machine,
    "sns": _send_to_topic,
}


def _sender_to(arn: str) -> Callable[[Mapping[str, Any], str], None] | None:
    return api_destinations.call if api_destinations.is_api_destination(arn) else _SENDERS.get(arn.split(":")[2])


def _deliver(rule: Any, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    text = target_input(target, event, rule_name=rule.name, rule_arn=rule.arn)
    send = _sender_to(str(target["Arn"]))
    if send is api_destinations.call:  # others may take their time
        threading.Thread(target=_send_or_keep, args=(send, rule, target, text), daemon=True).start()
    elif send is not None:
        _send_or_keep(send, rule, target, text)


def _send_or_keep(
    send: Callable[[Mapping[str, Any], str], None], rule: Any, target: Mapping[str, Any], text: str
) -> None:
    try:
        send(target, text)
    except Exception as error:
        _log.warning("rule %s could not deliver an event to %s: %s", rule.name, target["Arn"], error)
        _to_dead_letters(rule, target, text, error)


def _to_dead_letters(rule: Any, target: Mapping[str, Any], text: str, error: Exception) -> None:
    arn = target.get("DeadLetterConfig", {}).get("Arn")
    if not arn:
        return
    attributes = {"RULE_ARN": rule.arn, "TARGET_ARN": str(target["Arn"]), "ERROR_MESSAGE": str(error)[:500] or "error"}
    _, _, _, region, account, name = str(arn).split(":", 5)
    sqs_backends[account][region].send_message(
        queue_name=name,
        message_body=text,
        message_attributes={key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()},
    )


def _send_to_targets(original: Callable[..., None]) -> Callable[..., None]:
    """moto knows queues, logs, buses and archives, and drops everything else without a word."""

    def send(self: Any, original_event: Mapping[str, Any], transform_input: bool = True) -> None:
        event = {name: value for name, value in original_event.items() if name != "ingestion-time"}
        if isinstance(event["time"], (int, float)):
            event["time"] = iso_time(event["time"])
        if self.state != "ENABLED" or not self.event_pattern.matches_event(event):
            return
        others = []
        for target in list(self.targets):
            if _sender_to(str(target["Arn"])):
                send_one = partial(_deliver, self, target, event)
                deliver(send_one, service="events", detail_type=str(event["detail-type"]))
            else:
                others.append(target)
        if others:
            _deliver_by_moto(original, self, others, original_event, transform_input)

    return send


def _deliver_by_moto(original: Callable[..., None], rule: Any, targets: list[Any], event: Any, transform: bool) -> None:
    narrowed = copy.copy(rule)
    narrowed.targets = targets
    try:
        original(narrowed, event, transform)
    except Exception as error:
        _log.warning("rule %s could not deliver an event to %s: %s", rule.name, targets[0]["Arn"], error or repr(error))


@cache
def install() -> None:
    """Replace the delivery of moto's rules."""
    replace(Rule, "send_to_targets", _send_to_targets)
