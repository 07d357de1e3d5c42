"""The only factory of AWS clients: one client per service and retry budget, made on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient

_CONNECTIONS = 32
# botocore would put a longer one together for each call, which costs more than our routing and validation.
_USER_AGENT = f"Quarry Botocore/{botocore.__version__}"


@cache
def bedrock_runtime(*, attempts: int, read_timeout_seconds: int) -> BedrockRuntimeClient:
    """`attempts` counts the first call too: 3 inside a request, 1 in a workflow (its state machine retries)."""
    timeout = read_timeout_seconds
    made: BedrockRuntimeClient = _client("bedrock-runtime", attempts=attempts, read_timeout=timeout, validates=False)
    return made


@cache
def bedrock() -> Any:
    """Batch jobs: one attempt, because a job's row says what is tried again."""
    return _client("bedrock", attempts=1, read_timeout=30)


@cache
def bedrock_agent() -> Any:
    """Knowledge Base documents: one attempt, because whoever is throttled comes back through a queue."""
    return _client("bedrock-agent", attempts=1, read_timeout=30)


@cache
def bedrock_agent_runtime(*, attempts: int, read_timeout_seconds: int) -> Any:
    """Passages and reranking: 3 attempts inside a request."""
    return _client("bedrock-agent-runtime", attempts=attempts, read_timeout=read_timeout_seconds, validates=False)


@cache
def service_quotas() -> Any:
    return _client("service-quotas", attempts=4, read_timeout=10)


@cache
def dynamodb() -> DynamoDBClient:
    made: DynamoDBClient = _client("dynamodb", attempts=4, read_timeout=10, validates=False)
    return made


@cache
def s3() -> S3Client:
    made: S3Client = _client("s3", attempts=4, read_timeout=60)
    return made


@cache
def s3_signer() -> S3Client:
    """Signs permissions for others and sends nothing: by version 4, which newer buckets insist on, and with the bucket
    in the host's name, so that it leads into the bucket's region."""
    made: S3Client = _client(
        "s3", attempts=1, read_timeout=10, signature_version="s3v4", s3={"addressing_style": "virtual"}
    )
    return made


@cache
def s3_vectors() -> Any:
    return _client("s3vectors", attempts=4, read_timeout=30, validates=False)


@cache
def step_functions() -> SFNClient:
    made: SFNClient = _client("stepfunctions", attempts=4, read_timeout=10)
    return made


@cache
def sqs() -> Any:
    return _client("sqs", attempts=4, read_timeout=10)


@cache
def event_bridge() -> EventBridgeClient:
    made: EventBridgeClient = _client("events", attempts=4, read_timeout=10)
    return made


@cache
def _session() -> botocore.session.Session:
    """One for all clients: each session would read its data files again."""
    return botocore.session.get_session()


def _client(service: str, *, attempts: int, read_timeout: int, validates: bool = True, **more: Any) -> Any:
    """A client of botocore, which is what boto3 would make too: boto3's own import is a fifth of a cold start.

    `validates` False saves 60 to 70 us a call, where our adapters alone decide what is sent (their contract tests run
    on clients that do validate it) and no empty name can turn a request into another one, as an S3 key could.
    """
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(
        retries=retries,
        connect_timeout=3,
        read_timeout=read_timeout,
        # bulk steps store many summaries at the same time; a connection is made only when it is needed
        max_pool_connections=_CONNECTIONS,
        user_agent=_USER_AGENT,
        parameter_validation=validates,
        **more,
    )
    return _session().create_client(service, config=config)
