"""Announcements as EventBridge events of source `quarry`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from lambdas.shared.domain.announcement import SummaryFailed, SummaryReady

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

SOURCE = "quarry"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class AnnouncementRefusedError(Exception):
    """EventBridge took the call but not the event; the same event may be taken later."""


class EventBridgeAnnouncer:
    """`Announcer` on one event bus (name or ARN)."""

    def __init__(self, client: EventBridgeClient, *, event_bus_name: str) -> None:
        self._client = client
        self._event_bus_name = event_bus_name

    def publish(self, announcement: SummaryReady | SummaryFailed) -> None:
        answer = self._client.put_events(
            Entries=[
                {
                    "Source": SOURCE,
                    "DetailType": announcement.detail_type,
                    "Detail": _ENCODER.encode(asdict(announcement)).decode(),
                    "EventBusName": self._event_bus_name,
                }
            ]
        )
        if answer["FailedEntryCount"]:
            raise AnnouncementRefusedError(answer["Entries"][0].get("ErrorCode", "unknown"))
