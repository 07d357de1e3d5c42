"""The CDK app: settings in, stacks out. Nothing here asks the network, git or an account."""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk

from stacks.api_stack import ApiStack
from stacks.bulk_stack import BulkStack
from stacks.compiled_catalog import CatalogError, compile_catalog
from stacks.components.bytecode import BuildError
from stacks.components.security_rules import check_security_rules
from stacks.guardrail_stack import GuardrailStack
from stacks.knowledge_stack import KnowledgeStack
from stacks.model_choice import check_models
from stacks.settings import DEPLOYMENT_TAG, DeploymentSettings, SettingsError, cdk_context
from stacks.storage_stack import StorageStack
from stacks.summaries_stack import SummariesStack

ROOT = Path(__file__).resolve().parent


def build(app: cdk.App) -> None:
    """Wire the stacks by their attributes."""
    settings = DeploymentSettings.from_context(app)
    cdk.Tags.of(app).add(DEPLOYMENT_TAG, settings.name)  # `python -m ops remains` finds by it what outlives the stacks
    check_models(settings, compile_catalog(ROOT))
    storage = StorageStack(app, f"{settings.name}-Storage", settings=settings)
    guardrail = GuardrailStack(app, f"{settings.name}-Guardrail", settings=settings)
    stores = {"settings": settings, "storage": storage, "guardrail": guardrail}
    summaries = SummariesStack(app, f"{settings.name}-Summaries", **stores)
    knowledge = KnowledgeStack.if_wanted(app, settings=settings, storage=storage)
    bulk = BulkStack(app, f"{settings.name}-Bulk", **stores)
    ApiStack(
        app, f"{settings.name}-Api", **stores, workflow=summaries.workflow, bulk=bulk.workflow, knowledge=knowledge
    )


def main() -> None:
    try:
        app = cdk.App(context=cdk_context(ROOT), analytics_reporting=False, tree_metadata=False)
        build(app)
        check_security_rules(app)
    except (SettingsError, CatalogError, BuildError) as error:
        sys.exit(f"error: {error}")
    app.synth()


if __name__ == "__main__":
    main()
