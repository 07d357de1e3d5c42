"""What stored bytes cost a month, at AWS's list price in us-east-1."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Written down on this day; no free tier, no volume discount, no tax. Other regions differ by some percent.
AS_OF = "2026-11-21"
GIGABYTE = 2**30  # what AWS bills as one GB


@dataclass(frozen=True, slots=True)
class Price:
    """USD for one GB stored for one month."""

    usd_per_gb_month: Decimal
    source: str

    def of(self, stored_bytes: int) -> Decimal:
        """USD a month for so many bytes."""
        return self.usd_per_gb_month * stored_bytes / GIGABYTE


TABLE_STORAGE = Price(Decimal("0.25"), "https://aws.amazon.com/dynamodb/pricing/on-demand/")
TABLE_RECOVERY = Price(Decimal("0.20"), "https://aws.amazon.com/dynamodb/pricing/on-demand/")
BUCKET_STORAGE = Price(Decimal("0.023"), "https://aws.amazon.com/s3/pricing/")
VECTOR_STORAGE = Price(Decimal("0.06"), "https://aws.amazon.com/s3/pricing/")
LOG_STORAGE = Price(Decimal("0.03"), "https://aws.amazon.com/cloudwatch/pricing/")
