"""What AWS's services cost that carry documents, beside models and guardrails."""

from __future__ import annotations

from decimal import Decimal

# List prices in us-east-1 without free tiers, read on this day from the pricing pages of Step Functions, Lambda
# (arm64), S3, DynamoDB (on demand) and SQS.
AS_OF = "2026-11-21"
TRANSITION = Decimal("0.000025")
GB_SECOND = Decimal("0.0000133334")
INVOCATION = Decimal("0.0000002")
S3_WRITE, S3_READ = Decimal("0.000005"), Decimal("0.0000004")
TABLE_WRITE, TABLE_READ = Decimal("0.000000625"), Decimal("0.000000125")
MESSAGE = Decimal("0.0000004")
