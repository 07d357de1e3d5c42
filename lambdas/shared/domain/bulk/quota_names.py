"""What Service Quotas calls the models that take batch jobs: it names quotas in prose, and by these words."""

from __future__ import annotations

from collections.abc import Mapping

# By the catalogue's id. A model that is not here has the conservative quotas, and the plan says `default`.
# https://docs.aws.amazon.com/general/latest/gr/bedrock.html
QUOTA_NAMES: Mapping[str, str] = {
    "amazon.nova-micro-v1:0": "Nova Micro V1",
    "amazon.nova-lite-v1:0": "Nova Lite V1",
    "amazon.nova-pro-v1:0": "Nova Pro V1",
}
