"""Puts the local Bedrock into moto."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from local.bedrock.batch import BatchApi, BatchJobs
from local.bedrock.batch.control_routes import set_jobs
from local.bedrock.brain import Brain
from local.bedrock.control_api import ControlApi
from local.bedrock.converse_api import ConverseApi
from local.bedrock.guardrails.directory import Deployed, GuardrailDirectory
from local.bedrock.guardrails.guarded_bodies import GuardedBodies
from local.bedrock.knowledge.agent_api import AgentApi
from local.bedrock.knowledge.agent_runtime_api import AgentRuntimeApi
from local.bedrock.knowledge.directory import DIRECTORY
from local.bedrock.knowledge.generation import AnswerGeneration
from local.bedrock.knowledge.ingestion import Ingestion
from local.bedrock.knowledge.reranking import Reranking
from local.bedrock.knowledge.retrieval import Retrieval
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.runtime_api import RuntimeApi
from local.bedrock.seams.knowledge_routes import open_knowledge_routes
from local.bedrock.seams.resource_tags import open_resource_tags
from local.bedrock.seams.response_classes import open_response_classes
from local.bedrock.seams.service_routing import open_service_routing
from local.quotas import QuotaTable
from local.quotas.service_quotas import open_service_quotas

CATALOG = Path(__file__).parents[2] / "catalog" / "models.toml"


def install(
    brain: Brain,
    *,
    catalog: Path | None = CATALOG,
    find_guardrail: Callable[[str], Deployed | None] | None = None,
    quotas: QuotaTable | None = None,
) -> None:
    """Open the seams before the server starts; installing again replaces the brain.

    `catalog`: the `models.toml` whose models are listed and whose capability flags are enforced;
    `find_guardrail`: by id or ARN, those of the deployment unless given;
    `quotas`: of batch inference, unless given AWS's defaults with what `LOCAL_QUOTAS` sets (QuotaSettingError).
    """
    models = ModelDirectory.read(catalog)
    guardrails = GuardrailDirectory(find_guardrail or _deployed)
    conversations, bodies = ConverseApi(brain, models, guardrails), GuardedBodies(guardrails, brain)
    jobs = BatchJobs(conversations, bodies, models, quotas or QuotaTable.read(os.environ))
    set_jobs(jobs)
    open_response_classes(RuntimeApi(brain, models, guardrails), ControlApi(models), BatchApi(jobs))
    retrieval = Retrieval(brain, DIRECTORY, guardrails)
    answers = AgentRuntimeApi(retrieval, Reranking(brain, models), AnswerGeneration(retrieval, conversations))
    open_knowledge_routes(AgentApi(DIRECTORY, Ingestion(brain)), answers)
    open_resource_tags(jobs.book.arns)
    open_service_routing()
    open_service_quotas(jobs.quotas)


def _deployed(identifier: str) -> Deployed | None:
    from local.cloud.seams.guardrail_types import find_guardrail  # the local cloud need not be there without one

    return find_guardrail(identifier)
