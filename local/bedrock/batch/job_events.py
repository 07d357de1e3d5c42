"""Tells EventBridge of each new status, in the form that AWS documents.

https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-eventbridge-how-it-works.html
"""

from __future__ import annotations

import uuid
from typing import Any

from local.bedrock.batch.job import Job
from local.environment import ACCOUNT

DETAIL_TYPE = "Batch Inference Job State Change"


def publish_status(job: Job, status: str) -> None:
    """Best effort, as on AWS: fault rules may lose, double or delay it."""
    from local.cloud.seams import event_delivery  # the local cloud need not be there before the first job

    event_delivery.install()
    event_delivery.publish(_event(job, status), account=ACCOUNT, region=job.region)


def _event(job: Job, status: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": DETAIL_TYPE,
        "source": "aws.bedrock",
        "account": ACCOUNT,
        "time": f"{job.modified:%Y-%m-%dT%H:%M:%SZ}",
        "region": job.region,
        "resources": [job.arn],
        "detail": {
            "version": "0.0",
            "accountId": ACCOUNT,
            "batchJobName": job.name,
            "batchJobArn": job.arn,
            "batchModelId": model_arn(job),
            "status": status,
            "failureMessage": job.message,
            "creationTime": f"{job.submitted:%b} {job.submitted.day}, {job.submitted:%Y, %I:%M:%S %p}",
        },
    }


def model_arn(job: Job) -> str:
    """The ARN of the model or profile that the request named."""
    given = str(job.request["modelId"])
    if given.startswith("arn:"):
        return given
    if given == job.model.model_id:
        return f"arn:aws:bedrock:{job.region}::foundation-model/{given}"
    return f"arn:aws:bedrock:{job.region}:{ACCOUNT}:inference-profile/{given}"
