"""Quotas of batch inference from Service Quotas, which names them in prose."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.domain.bulk.quotas import KnownQuotas, known_quotas, read_quotas

_DAY_SECONDS = 24 * 3600
_SERVICE = "bedrock"
_LOG = logging.getLogger(__name__)


class ServiceQuotasReader:
    """`QuotaSource`. `labels` say what Service Quotas calls a model (by its id without a profile's prefix); `settings`
    go before what is read. A service that cannot be read leaves the conservative default, and the answer says so.

    What was read is kept for a day; `clock` counts seconds.
    """

    def __init__(
        self,
        client: Any,
        *,
        labels: Mapping[str, str],
        settings: Mapping[str, int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._labels = labels
        self._settings = settings
        self._clock = clock
        self._rows: list[tuple[str, float]] = []
        self._read_at: float | None = None

    def batch_quotas(self, model_id: str) -> KnownQuotas:
        """Raises ValueError for settings that make no sense together with what was read."""
        label = self._labels.get(model_id) or self._labels.get(model_id.partition(".")[2])
        read = {} if label is None else read_quotas(self._all(), label)
        return known_quotas(settings=self._settings, read=read)

    def _all(self) -> list[tuple[str, float]]:
        now = self._clock()
        if self._read_at is None or now - self._read_at > _DAY_SECONDS:
            try:
                # the account's own come last, and stand
                defaults = [*self._pages("list_aws_default_service_quotas")]
                self._rows = [*defaults, *self._pages("list_service_quotas")]
                self._read_at = now
            except (ClientError, BotoCoreError) as error:
                _LOG.warning("quotas not read: %s", type(error).__name__)
        return self._rows

    def _pages(self, operation: str) -> Iterator[tuple[str, float]]:
        for page in self._client.get_paginator(operation).paginate(ServiceCode=_SERVICE):
            yield from ((quota["QuotaName"], quota["Value"]) for quota in page["Quotas"])
