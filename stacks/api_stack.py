"""The HTTP API: routes, the authorizer, and the functions that answer."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.bulk_routes import add_bulk_routes
from stacks.collection_routes import add_collection_routes
from stacks.components.api_routes import ApiRoutes
from stacks.components.asl_state_machine import AslStateMachine
from stacks.components.dependency_layer import DependencyLayer
from stacks.components.gateway_responses import add_gateway_responses
from stacks.components.long_messages import let_read_and_erase, let_take_turns
from stacks.components.model_access import INVOKE, INVOKE_STREAMED, model_access
from stacks.components.security_rules import acknowledge
from stacks.document_routes import add_document_routes, add_text_summary_route
from stacks.embedding_routes import add_embedding_routes
from stacks.function_stack import FunctionStack
from stacks.guardrail_stack import GuardrailStack
from stacks.knowledge_stack import KnowledgeStack
from stacks.rag_routes import add_rag_routes
from stacks.settings import DeploymentSettings
from stacks.storage_stack import StorageStack

# Anything else is refused by API Gateway, before a function is paid for.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
BEARER_PATTERN = "^Bearer (qk_[A-Za-z0-9_-]{5,}|eyJ.+)$"
_ALLOWED_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key", "X-Quarry-Subject"]


class ApiStack(FunctionStack):
    """One REST API; REST, because only it can stream a function's answer."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: DeploymentSettings,
        storage: StorageStack,
        guardrail: GuardrailStack,
        workflow: sfn.IStateMachine,
        bulk: AslStateMachine,
        knowledge: KnowledgeStack | None,
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Quarry: the HTTP API")
        self._guardrail = guardrail
        api = self._rest_api()
        add_gateway_responses(api, cors_origins=settings.cors_origins)
        routes = ApiRoutes(api=api, authorizer=self._authorizer(storage), settings=settings)
        routes.answer_health()
        self._reference(routes)
        self._turn(routes, storage)
        self._conversations(routes, storage)
        add_document_routes(routes, self._function, storage, workflow)
        add_bulk_routes(routes, self._function, storage, settings, bulk)
        add_text_summary_route(routes, self._function, storage, settings, guardrail)
        self._embeddings(routes, storage)
        add_collection_routes(routes, self._function, storage, settings)
        add_rag_routes(routes, self._function, storage, settings, guardrail, knowledge)
        cdk.CfnOutput(self, "ApiUrl", value=api.url)

    def _rest_api(self) -> apigateway.RestApi:
        settings = self._settings
        cors = apigateway.CorsOptions(
            allow_origins=list(settings.cors_origins) or ["*"],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=_ALLOWED_HEADERS,
            max_age=cdk.Duration.hours(1),
        )
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=self.stack_name,
            description="Quarry",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The CloudWatch role is one per account and region: it is not this deployment's to set.
            cloud_watch_role=False,
            default_cors_preflight_options=cors if settings.cors_origins else None,
            deploy_options=apigateway.StageOptions(
                stage_name=settings.api_stage,
                throttling_rate_limit=settings.throttle.rate,
                throttling_burst_limit=settings.throttle.burst,
            ),
        )
        api.node.try_remove_child("Endpoint")  # the same URL again, under a generated name
        _acknowledge(api)
        return api

    def _authorizer(self, storage: StorageStack) -> apigateway.TokenAuthorizer:
        """TOKEN, not REQUEST: a caching REQUEST authorizer wants every identity source in every call."""
        function = self._function(
            "access/authorize",
            memory_mb=512,
            timeout_seconds=10,
            environment={"CLIENTS_TABLE": storage.clients.table_name},
        )
        function.allow("dynamodb:GetItem", on=[storage.clients.table_arn])
        return apigateway.TokenAuthorizer(
            self,
            "Authorizer",
            handler=function,
            validation_regex=BEARER_PATTERN,
            results_cache_ttl=cdk.Duration.seconds(self._settings.authorizer_cache_seconds),
        )

    def _reference(self, routes: ApiRoutes) -> None:
        document = self._function("reference/openapi", memory_mb=512, timeout_seconds=10, environment={})
        reason = "describes the API as the public documentation does; its function reads one file and has no permission"
        routes.serve_to_everybody(document, "/openapi.json", reason=reason)

    def _turn(self, routes: ApiRoutes, storage: StorageStack) -> None:
        turn = self._function(
            "chat/turn",
            memory_mb=1024,
            timeout_seconds=300,
            environment=self._turn_environment(storage),
        )
        # A transaction needs the permissions of what it holds; DeleteItem takes back a conversation that never began.
        turn.allow(
            "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
            on=[storage.conversations.table_arn],
        )  # fmt: skip
        turn.allow("dynamodb:PutItem", on=[storage.ledger.table_arn])
        let_take_turns(turn, storage.results)
        self._guardrail.guard(turn)
        turn.allow("dynamodb:PutItem", "dynamodb:DeleteItem", on=[storage.idempotency.table_arn])
        for statement in model_access(self, model_ids=self._settings.models.ids, actions=[INVOKE, INVOKE_STREAMED]):
            turn.add_to_role_policy(statement)
        routes.serve(turn, "POST /chat", "POST /chat/stream", calls_model=True)

    def _turn_environment(self, storage: StorageStack) -> dict[str, str]:
        settings = self._settings
        return {
            "CONVERSATIONS_TABLE": storage.conversations.table_name,
            "LEDGER_TABLE": storage.ledger.table_name,
            "IDEMPOTENCY_TABLE": storage.idempotency.table_name,
            "RESULTS_BUCKET": storage.results.bucket_name,
            "MEMORY_SUMMARY": settings.memory_summary,
            "MODELS": settings.models.as_json(),
            "HISTORY_TOKENS": str(settings.history_tokens),
            "CONVERSATION_DAYS": str(settings.conversation_days),
            "LEDGER_DAYS": str(settings.ledger_days),
        }

    def _conversations(self, routes: ApiRoutes, storage: StorageStack) -> None:
        conversations = self._function(
            "chat/conversations",
            memory_mb=512,
            timeout_seconds=29,
            environment={
                "CONVERSATIONS_TABLE": storage.conversations.table_name,
                "RESULTS_BUCKET": storage.results.bucket_name,
            },
        )
        let_read_and_erase(conversations, storage.results)
        conversations.allow(
            "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
            on=[storage.conversations.table_arn],
        )  # fmt: skip
        one = "/conversations/{id}"
        routes.serve(
            conversations, "GET /conversations", f"GET {one}", f"PATCH {one}", f"DELETE {one}", calls_model=False
        )

    def _embeddings(self, routes: ApiRoutes, storage: StorageStack) -> None:
        vectors, clustering = (DependencyLayer(self, name=name) for name in ("vectors", "clustering"))
        add_embedding_routes(routes, self._function, storage, self._settings, vectors=vectors, clustering=clustering)


def _acknowledge(api: apigateway.RestApi) -> None:
    """What the AwsSolutions rules want of an API, and why this one is otherwise."""
    account_wide = "API Gateway's logs need a role that is one per account and region, not this deployment's to set"
    reasons = {
        "APIG1": f"{account_wide}; the functions write one line per request",
        "APIG2": "the functions check each body strictly and name every bad field; a validator here would answer first",
        "APIG3": "WAF bills by the month; keys, the stage's throttle and a pattern for keys stand before any function",
        "APIG6": f"{account_wide}; execution logs can hold bodies, and no content may be logged",
        "COG4": "callers are programs with keys: a Lambda authorizer checks them, save on /health and /openapi.json",
    }
    for rule, reason in reasons.items():
        acknowledge(api, rule, reason=reason)
