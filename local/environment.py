"""The environment variables that send any AWS SDK to the local stack."""

from __future__ import annotations

import os

ACCOUNT = "123456789012"
REGION = "us-east-1"


def aws_variables(endpoint_url: str) -> dict[str, str]:
    """What a client needs and nothing more: endpoint, region, credentials that mean nothing."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def aws_environment(endpoint_url: str) -> dict[str, str]:
    """This process's environment without any AWS setting of its own, plus `aws_variables`: a profile or an
    endpoint of the developer must never reach a real account from here."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**clean, **aws_variables(endpoint_url), "AWS_EC2_METADATA_DISABLED": "true"}
