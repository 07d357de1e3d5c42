"""The deployment's settings: one frozen value, read from the context key `quarry` of cdk.json and nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import aws_cdk as cdk

from stacks.components.log_group import RETENTION
from stacks.guardrail_policy import GuardrailPolicy
from stacks.knowledge_settings import KnowledgeChunking
from stacks.notification_settings import NotificationSettings
from stacks.rag_settings import RagSettings
from stacks.setting_rules import SettingsError, list_of, map_of, one_of, read, refuse, text, whole_number

__all__ = ["DEPLOYMENT_TAG", "DeploymentSettings", "SettingsError", "cdk_context"]

KEY = "quarry"
DEPLOYMENT_TAG = "quarry:deployment"
_MODEL_ID = text(r"[a-z][a-zA-Z0-9.:@\-]{2,139}", meaning="a Bedrock model id or inference-profile id")
_ORIGIN = text(r"\*|https?://[A-Za-z0-9.\-]+(:\d+)?", meaning='an origin like "https://app.example.com", or "*"')
_DAYS = whole_number(1, 3650)
_SOURCE = text(
    r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/.{0,800}|(?!s3:|inbox/)[^/{].{0,800}",
    meaning='an address like "s3://bucket/prefix/", or a prefix of the documents bucket like "bulk/{tenant}/"',
)
_QUOTA = one_of("records_per_job", "records_per_file", "file_bytes", "job_bytes", "minimum_records", "jobs")


@dataclass(frozen=True, slots=True)
class Throttle:
    """The API's token bucket, over all clients together: steady requests per second, and the bucket's size."""

    rate: Annotated[int, whole_number(1, 10_000)]
    burst: Annotated[int, whole_number(1, 5_000)]


@dataclass(frozen=True, slots=True)
class Aliases:
    """What `fast`, `balanced` and `best` mean in this deployment."""

    fast: Annotated[str, _MODEL_ID]
    balanced: Annotated[str, _MODEL_ID]
    best: Annotated[str, _MODEL_ID]


@dataclass(frozen=True, slots=True)
class Models:
    """Which models may be called; the aliases' models always may."""

    aliases: Aliases
    allowed: Annotated[tuple[str, ...], list_of(_MODEL_ID, most=60)]

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that may be called, sorted, each once."""
        return tuple(sorted({self.aliases.fast, self.aliases.balanced, self.aliases.best, *self.allowed}))

    def as_json(self) -> str:
        """The text that the functions get as their setting `models`."""
        aliases = {name: getattr(self.aliases, name) for name in ("fast", "balanced", "best")}
        return json.dumps({"aliases": aliases, "allowed": sorted(self.allowed)}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class EmbeddingModels:
    """Which embedding models may be called; `embedding` is the default's alias."""

    default: Annotated[str, _MODEL_ID]
    allowed: Annotated[tuple[str, ...], list_of(_MODEL_ID, most=20)]

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that may be called, sorted, each once."""
        return tuple(sorted({self.default, *self.allowed}))

    def as_json(self) -> str:
        """The text that the functions get as their setting `embedding_models`."""
        return json.dumps(
            {"aliases": {"embedding": self.default}, "allowed": sorted(self.allowed)}, separators=(",", ":")
        )


@dataclass(frozen=True, slots=True)
class DeploymentSettings:
    """All settings; docs/operations.md says what each one does."""

    name: Annotated[str, text(r"[A-Za-z][A-Za-z0-9\-]{0,39}", meaning="1 to 40 letters, digits and hyphens")]
    retention: Annotated[str, one_of("keep", "destroy")]
    streaming: Annotated[str, one_of("on", "off")]
    cors_origins: Annotated[tuple[str, ...], list_of(_ORIGIN, most=20)]
    default_tenant: Annotated[
        str, text(r"[a-z0-9][a-z0-9_\-]{0,62}", meaning="1 to 63 lower-case letters, digits, hyphens and underscores")
    ]
    api_stage: Annotated[str, text(r"[A-Za-z0-9_]{1,40}", meaning="1 to 40 letters, digits and underscores")]
    throttle: Throttle
    authorizer_cache_seconds: Annotated[int, whole_number(0, 3600)]
    log_retention_days: Annotated[int, one_of(*RETENTION)]
    conversation_days: Annotated[int, _DAYS]
    ledger_days: Annotated[int, _DAYS]
    history_tokens: Annotated[int, whole_number(100, 1_000_000)]
    memory_summary: Annotated[str, one_of("on", "off")]
    models: Models
    embedding_models: EmbeddingModels
    summary_model: Annotated[str, text(r".{1,140}", meaning="an alias, or an id of models.allowed")]
    summary_style: Annotated[str, one_of("brief", "bullets", "detailed")]
    summary_language: Annotated[
        str, text(r"document|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", meaning='"document", or a code such as "en" or "pt-BR"')
    ]
    summary_section_tokens: Annotated[int, whole_number(4_000, 500_000)]
    summaries_guardrail: Annotated[str, one_of("none", "output", "both")]
    summaries_max_concurrency: Annotated[int, whole_number(2, 1000)]
    summaries_max_model_calls: Annotated[int, whole_number(1, 1000)]
    summaries_notifications: NotificationSettings
    collections_per_tenant: Annotated[int, whole_number(1, 10_000)]
    bulk_model: Annotated[str, text(r".{1,140}", meaning="an alias, or an id of models.allowed")]
    bulk_guardrail: Annotated[str, one_of("none", "output", "both")]
    bulk_rounds: Annotated[int, whole_number(1, 20)]
    bulk_sources: Annotated[tuple[str, ...], list_of(_SOURCE, most=20)]
    bulk_quotas: Annotated[tuple[tuple[str, int], ...], map_of(_QUOTA, whole_number(1, 10**12))]
    knowledge_base: Annotated[str, one_of("on", "none")]
    vector_store: Annotated[str, one_of("s3_vectors", "opensearch_serverless")]
    knowledge_chunking: KnowledgeChunking
    knowledge_embedding_model: Annotated[str, _MODEL_ID]
    knowledge_dimensions: Annotated[int, whole_number(1, 4096)]
    rag: RagSettings
    guardrail: GuardrailPolicy

    @classmethod
    def from_context(cls, app: cdk.App) -> DeploymentSettings:
        """Read and check the context key; raises SettingsError at the first thing that is wrong."""
        value = app.node.try_get_context(KEY)
        if value is None:
            raise refuse(f"context.{KEY}", "is missing; docs/operations.md lists the settings")
        settings = read(cls, value, KEY)
        for name, model in (
            ("summary_model", settings.summary_model),
            ("bulk_model", settings.bulk_model),
            ("rag.model", settings.rag.model),
            ("rag.rewriting_model", settings.rag.rewriting_model),
        ):
            if model not in {"fast", "balanced", "best", *settings.models.ids}:
                remedy = f'is "{model}"; use fast, balanced, best or an id of {KEY}.models.allowed'
                raise refuse(f"{KEY}.{name}", remedy)
        if "*" in settings.cors_origins and len(settings.cors_origins) > 1:
            raise refuse(f"{KEY}.cors_origins", 'mixes "*" with other origins; use ["*"] alone, or a list without it')
        settings.knowledge_chunking.check(f"{KEY}.knowledge_chunking")
        return settings

    @property
    def has_knowledge_base(self) -> bool:
        return self.knowledge_base == "on"

    @property
    def streams(self) -> bool:
        return self.streaming == "on"

    @property
    def keeps_data(self) -> bool:
        return self.retention == "keep"

    @property
    def removal_policy(self) -> cdk.RemovalPolicy:
        """What becomes of data when its stack goes."""
        return cdk.RemovalPolicy.RETAIN if self.keeps_data else cdk.RemovalPolicy.DESTROY


def cdk_context(root: Path) -> dict[str, Any]:
    """The context of cdk.json, so that `python app.py` synthesizes what the CDK CLI does; the CLI's own values win."""
    path = root / "cdk.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["context"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} cannot be read as a CDK configuration: {error!r}") from error
