"""The quotas in force: AWS's defaults and what was set for this run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from local.quotas.batch_quotas import KINDS, Quota, batch_quotas

VARIABLE = "LOCAL_QUOTAS"


class QuotaSettingError(ValueError):
    """A quota that is unknown or a value that is none; the message is one line for people."""


class QuotaTable:
    """What Service Quotas answers and the local Bedrock enforces. Safe under threads: one assignment each."""

    def __init__(self, settings: object = None) -> None:
        self._settings: dict[str, float] = {}
        self.set({} if settings is None else settings)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> QuotaTable:
        """From `LOCAL_QUOTAS`, e.g. `{"minimum_records": 10, "concurrent_jobs": 2}`; raises QuotaSettingError."""
        written = environ.get(VARIABLE, "").strip()
        try:
            return cls(json.loads(written) if written else {})
        except ValueError as error:
            raise QuotaSettingError(f"{VARIABLE}: {error}") from error

    def set(self, settings: object) -> None:
        """Set quotas by kind (for all models), by code or by full name; raises QuotaSettingError and sets none."""
        if not isinstance(settings, Mapping):
            raise QuotaSettingError("quotas are a JSON object of names and numbers")
        wanted: dict[str, float] = {}
        for name, value in settings.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
                raise QuotaSettingError(f"the quota {name!r} must be a number from 0 on, not {value!r}")
            found = [quota.code for quota in batch_quotas() if name in (quota.kind, quota.code, quota.name)]
            if not found:
                raise QuotaSettingError(
                    f"there is no quota {name!r}: a name or code of Service Quotas, or one of {', '.join(KINDS)}"
                )
            wanted.update(dict.fromkeys(found, float(value)))
        self._settings = {**self._settings, **wanted}

    def reset(self) -> None:
        """Back to AWS's defaults."""
        self._settings = {}

    def applied(self, quota: Quota) -> float:
        """The value in force."""
        return self._settings.get(quota.code, quota.value)

    def limit(self, kind: str, model_id: str) -> float:
        """The value in force for a foundation model; raises KeyError for a model without batch inference."""
        for quota in batch_quotas():
            if quota.model_id == model_id and quota.kind == kind:
                return self.applied(quota)
        raise KeyError(model_id)
