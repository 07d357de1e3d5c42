"""The local Service Quotas: one table that the API answers from and the local Bedrock enforces."""

from __future__ import annotations

from local.quotas.batch_quotas import batch_quotas
from local.quotas.table import QuotaSettingError, QuotaTable

__all__ = ["QuotaSettingError", "QuotaTable", "batch_quotas"]
