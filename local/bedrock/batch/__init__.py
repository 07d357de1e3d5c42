"""Batch inference: jobs that read JSONL files from S3 and write their answers there."""

from __future__ import annotations

from local.bedrock.batch.batch_api import BatchApi
from local.bedrock.batch.batch_jobs import BatchJobs

__all__ = ["BatchApi", "BatchJobs"]
