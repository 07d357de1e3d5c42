"""Who may do what: exact actions on exact resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly, Resource, text_of

# AWS has no narrower form: log deliveries are resources of the account, and lists have none.
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
WITHOUT_RESOURCE = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "servicequotas:ListServiceQuotas",
    "servicequotas:ListAWSDefaultServiceQuotas",
    "bedrock:ListModelInvocationJobs",
}


INVOKE = "bedrock:InvokeModel"
STREAMED = "bedrock:InvokeModelWithResponseStream"
ASK = "bedrock:ApplyGuardrail"
UPDATE = ("dynamodb:GetItem", "dynamodb:UpdateItem")
START = "states:StartExecution"
LOOK = "states:DescribeExecution"
REPLAY = ("dynamodb:PutItem", "dynamodb:DeleteItem")
CHANGE = ("dynamodb:UpdateItem", "dynamodb:DeleteItem")
PREFIXES = (
    "/inbox/*", "/work/*", "/summaries/*", "/conversations/*", "/bulk/*", "/bulk/*/input/*", "/bulk/*/output/*",
    "/results/*", "/knowledge/*",
)  # fmt: skip
ROWS = ("dynamodb:GetItem", "dynamodb:PutItem")
WORK = (*ROWS, "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucket")
CREATE = "bedrock:CreateModelInvocationJob"
JOBS = (CREATE, *(f"bedrock:{verb}" for verb in (
    "GetModelInvocationJob", "StopModelInvocationJob", "ListModelInvocationJobs",
)))  # fmt: skip
NEAREST = ("s3vectors:QueryVectors", "s3vectors:GetVectors")
SPILL = ("s3:PutObject", "s3:GetObject", "s3:DeleteObjectVersion")
LIST_VERSIONS = "s3:ListBucketVersions"
ERASE = ("s3:GetObject", "s3:DeleteObjectVersion", LIST_VERSIONS)
SLOTS = ("dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem")
CONSUME = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
)


def vectors(*operations: str) -> set[str]:
    return {f"s3vectors:{operation}" for operation in operations}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allowances(assembly: Assembly, *types: str) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    for policy in assembly.of(*types):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                yield policy, statement


def permissions(assembly: Assembly, function: str) -> dict[str, set[str]]:
    """Action -> the ARNs it is allowed on, for the role of one function."""
    found: dict[str, set[str]] = {}
    for policy, statement in allowances(assembly, "AWS::IAM::Policy"):
        if policy.path == f"{function}Role/DefaultPolicy":
            for action in listed(statement["Action"]):
                found.setdefault(action, set()).update(text_of(each) for each in listed(statement["Resource"]))
    return {action: resources for action, resources in found.items() if not action.startswith("logs:")}


def test_no_permission_is_a_wildcard(assembly: Assembly) -> None:
    for policy, statement in allowances(assembly, "AWS::IAM::Policy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{policy}: {action}"
        assert "NotAction" not in statement and "NotResource" not in statement


def test_every_permission_names_its_resources(assembly: Assembly) -> None:
    for policy, statement in allowances(assembly, "AWS::IAM::Policy"):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE, f"{policy}: {statement}"


def test_object_permissions_end_at_a_prefix(assembly: Assembly) -> None:
    for policy, statement in allowances(assembly, "AWS::IAM::Policy"):
        for action in listed(statement["Action"]):
            if action.startswith("s3:") and "Object" in action:
                for resource in map(text_of, listed(statement["Resource"])):
                    assert resource.endswith(PREFIXES), f"{policy}: {action} {resource}"


def test_long_messages_are_within_reach_of_the_chat_functions_alone(assembly: Assembly) -> None:
    able = {
        policy.path.removesuffix("Role/DefaultPolicy")
        for policy, statement in allowances(assembly, "AWS::IAM::Policy")
        for resource in map(text_of, listed(statement["Resource"]))
        if "/conversations/" in resource
    }
    assert able == {"ChatTurn", "ChatConversations", "RagAnswer"}
    for function in able:
        for action, resources in permissions(assembly, function).items():
            if "Object" in action:
                assert all(each.endswith("/conversations/*") for each in resources), f"{function}: {action}"


def test_versions_are_listed_below_the_prefix_of_conversations_alone(assembly: Assembly) -> None:
    found = [each for _, each in allowances(assembly, "AWS::IAM::Policy") if LIST_VERSIONS in listed(each["Action"])]
    assert [each["Condition"] for each in found] == [{"StringLike": {"s3:prefix": ["conversations/*"]}}]


def test_nobody_scans_a_table_or_reads_its_stream(assembly: Assembly) -> None:
    actions = {action for _, each in allowances(assembly, "AWS::IAM::Policy") for action in listed(each["Action"])}
    assert not actions & {"dynamodb:Scan", "dynamodb:GetRecords", "dynamodb:DescribeTable", "dynamodb:DeleteTable"}


def test_no_role_has_a_managed_policy(assembly: Assembly) -> None:
    """The managed basic execution role may write into every log group of the account."""
    for role in assembly.of("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role.properties, role


def test_every_function_has_a_role_of_its_own(assembly: Assembly) -> None:
    roles = [text_of(function.properties["Role"]) for function in assembly.functions().values()]
    assert len(roles) == len(set(roles))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("AccessAuthorize", {"dynamodb:GetItem"}),
        ("ChatTurn", {"dynamodb:Query", "dynamodb:PutItem", *CHANGE, INVOKE, STREAMED, ASK, *SPILL}),
        (
            "RagAnswer",
            {
                "dynamodb:GetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                *CHANGE,
                INVOKE,
                STREAMED,
                ASK,
                *SPILL,
                *NEAREST,
                "bedrock:Retrieve",
            },
        ),
        ("ChatConversations", {"dynamodb:GetItem", "dynamodb:Query", *CHANGE, "dynamodb:BatchWriteItem", *ERASE}),
        ("DocumentsRead", {"dynamodb:GetItem", "dynamodb:Query"}),
        ("DocumentsUpload", {"s3:PutObject"}),
        ("DocumentsRetry", {*UPDATE, *REPLAY, START, "s3:GetObject", "s3:ListBucket"}),
        (
            "BulkRunsStart",
            {
                "dynamodb:GetItem",
                "dynamodb:Query",
                *REPLAY,
                START,
                LOOK,
                "s3:GetObject",
                "s3:ListBucket",
                "servicequotas:ListServiceQuotas",
                "servicequotas:ListAWSDefaultServiceQuotas",
            },
        ),
        ("BulkRunsRead", {"dynamodb:GetItem", "dynamodb:Query", "s3:GetObject", "s3:ListBucket"}),
        ("BulkRunsControl", {"dynamodb:GetItem", *REPLAY, START, LOOK, "s3:GetObject", "s3:ListBucket"}),
        (
            "CollectionsManage",
            {
                "dynamodb:GetItem",
                "dynamodb:Query",
                *REPLAY,
                "dynamodb:UpdateItem",
                *vectors("CreateIndex", "DeleteIndex", "ListVectors", "GetVectors", "DeleteVectors"),
            },
        ),
        (
            "CollectionsEmbed",
            {"dynamodb:GetItem", *REPLAY, INVOKE, *vectors("PutVectors", "QueryVectors", "GetVectors")},
        ),
        ("SummariesFail", {"dynamodb:GetItem", "dynamodb:UpdateItem", "events:PutEvents"}),
        ("SummariesStart", {*CONSUME, "dynamodb:PutItem", *UPDATE, START}),
        ("SummariesPrepare", {*UPDATE, "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:ListBucket"}),
        ("EmbeddingsEmbed", {"dynamodb:PutItem", "dynamodb:DeleteItem", INVOKE}),
        ("EmbeddingsCluster", {"dynamodb:PutItem", "dynamodb:DeleteItem", INVOKE}),
        ("SummariesText", {"dynamodb:PutItem", "dynamodb:DeleteItem", INVOKE, ASK}),
        ("SummariesMerge", {*UPDATE, "s3:GetObject", "s3:PutObject", "s3:ListBucket"}),
        ("BulkAdvanceRun", {*WORK}),
        ("BulkListSource", {*WORK}),
        ("BulkPrepareDocuments", {*WORK}),
        ("BulkCutShards", {*WORK}),
        ("BulkAdvanceShard", {*WORK, *SLOTS, *JOBS, "iam:PassRole"}),
        ("BulkCollectShard", {*WORK, "dynamodb:UpdateItem", ASK}),
        ("BulkSweepPart", {*WORK, *SLOTS, INVOKE, ASK}),
        ("BulkWriteReport", {*WORK}),
        ("BulkGiveUp", {"dynamodb:GetItem", "dynamodb:PutItem"}),
        (
            "SummariesInfer",
            {
                "dynamodb:PutItem",
                "dynamodb:GetItem",
                *SLOTS,
                "s3:GetObject",
                "s3:PutObject",
                "s3:ListBucket",
                INVOKE,
                ASK,
            },
        ),
    ],
)
def test_a_function_may_do_its_work_and_no_more(assembly: Assembly, function: str, expected: set[str]) -> None:
    assert set(permissions(assembly, function)) == expected


def test_reranking_is_allowed_where_it_is_on_and_by_one_model(assembly: Assembly, changed: Assembly) -> None:
    """bedrock:Rerank is an action without a resource; the models are InvokeModel's.
    https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-prereq.html"""
    off, on = permissions(assembly, "RagAnswer"), permissions(changed, "RagAnswer")
    assert set(on) - set(off) == {"bedrock:Rerank"}
    assert on["bedrock:Rerank"] == {"*"}
    (model,) = on[INVOKE] - off[INVOKE]
    assert model.endswith("::foundation-model/cohere.rerank-v3-5:0")
    rerankers = {policy.path for policy, each in allowances(changed, "AWS::IAM::Policy") if "Rerank" in str(each)}
    assert rerankers == {"RagAnswerRole/DefaultPolicy"}
    assert text_of(changed.environment("rag/answer")["RAG_RERANK_MODEL_ARN"]) == model
    assert changed.environment("rag/answer")["RAG_RERANK_SCORE_FLOOR"] == "0.05"
    assert assembly.environment("rag/answer")["RAG_RERANK_MODEL_ARN"] == "none"


def test_answers_for_replays_are_written_and_deleted_by_their_key_alone(assembly: Assembly) -> None:
    """Reading is part of the write: a claim that fails brings back what stands in its way."""
    allowed = {
        (policy.path, action)
        for policy, statement in allowances(assembly, "AWS::IAM::Policy")
        for action in listed(statement["Action"])
        if any("IdempotencyTable" in text_of(resource) for resource in listed(statement["Resource"]))
    }
    able = (
        "ChatTurn",
        "RagAnswer",
        "DocumentsRetry",
        "SummariesText",
        "BulkRunsStart",
        "BulkRunsControl",
        "EmbeddingsEmbed",
        "EmbeddingsCluster",
        "CollectionsEmbed",
    )
    policies = [f"{name}Role/DefaultPolicy" for name in able]
    assert allowed == {(policy, action) for policy in policies for action in REPLAY}


def test_vectors_are_within_reach_of_collections_and_questions_alone_and_never_the_bucket_itself(
    assembly: Assembly,
) -> None:
    found = {
        (policy.path.removesuffix("Role/DefaultPolicy"), text_of(resource))
        for policy, statement in allowances(assembly, "AWS::IAM::Policy")
        if any(action.startswith("s3vectors:") for action in listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    }
    found = {each for each in found if not each[0].startswith("Knowledge")}  # Bedrock's own, of the Knowledge Base
    assert {function for function, _ in found} == {"CollectionsManage", "CollectionsEmbed", "RagAnswer"}
    assert all("VectorBucket" in resource and resource.endswith("/index/*") for _, resource in found)


def test_uploads_are_signed_for_the_inbox_alone(assembly: Assembly) -> None:
    (objects,) = permissions(assembly, "DocumentsUpload")["s3:PutObject"]
    assert "DocumentsBucket" in objects and objects.endswith("/inbox/*")


def analyst_statements(assembly: Assembly) -> list[Mapping[str, Any]]:
    (policy,) = assembly.of("AWS::IAM::ManagedPolicy")
    assert not {"Roles", "Users", "Groups"} & set(policy.properties), "whoever needs it attaches it"
    return policy.properties["PolicyDocument"]["Statement"]


def test_analysts_drop_into_and_read_from_their_tenants_folders_alone(assembly: Assembly) -> None:
    own = "${aws:PrincipalTag/quarry-tenant}/"
    allowed = {}
    for statement in analyst_statements(assembly):
        assert statement["Effect"] == "Allow"
        condition = statement["Condition"]["StringLike"]
        # Without it, a principal whose tag is empty would own `inbox//`.
        assert condition["aws:PrincipalTag/quarry-tenant"] == "?*"
        (bucket,) = [name for name in ("DocumentsBucket", "ResultsBucket") if name in text_of(statement["Resource"])]
        for action in listed(statement["Action"]):
            objects = text_of(statement["Resource"]).rpartition(">")[2]
            allowed[action, bucket, objects] = condition.get("s3:prefix")
    assert allowed == {
        ("s3:PutObject", "DocumentsBucket", f"/inbox/{own}*"): None,
        ("s3:AbortMultipartUpload", "DocumentsBucket", f"/inbox/{own}*"): None,
        ("s3:ListBucket", "DocumentsBucket", ""): [f"inbox/{own}", f"inbox/{own}*"],
        ("s3:GetObject", "ResultsBucket", f"/summaries/{own}*"): None,
        ("s3:ListBucket", "ResultsBucket", ""): [f"summaries/{own}", f"summaries/{own}*"],
    }


SUMMARY_STEPS = ("prepare", "merge", "infer", "collect", "fail")
BULK_STEPS = (
    "advance_run", "list_source", "prepare_documents", "cut_shards", "advance_shard", "collect_shard", "sweep_part",
    "write_report", "give_up",
)  # fmt: skip


@pytest.mark.parametrize(("capability", "steps"), [("summaries", SUMMARY_STEPS), ("bulk", BULK_STEPS)])
def test_a_workflow_may_invoke_exactly_its_functions(
    assembly: Assembly, capability: str, steps: tuple[str, ...]
) -> None:
    invoked = {
        text_of(resource)
        for policy, statement in allowances(assembly, "AWS::IAM::Policy")
        if "lambda:InvokeFunction" in listed(statement["Action"]) and policy.stack == capability
        for resource in listed(statement["Resource"])
    }
    assert invoked == {f"<{assembly.functions()[f'{capability}/{step}'].logical_id}>" for step in steps}


@pytest.mark.parametrize(("stack", "items"), [("summaries", "/work/*"), ("bulk", "/bulk/*")])
def test_a_workflow_may_start_itself_and_read_its_items_and_nothing_else(
    assembly: Assembly, stack: str, items: str
) -> None:
    """A Distributed Map is executions of the same state machine."""
    (machine,) = [each for each in assembly.of("AWS::StepFunctions::StateMachine") if each.stack == stack]
    maps = [each for each in assembly.of("AWS::IAM::Policy") if each.path.endswith("/DistributedMap")]
    (policy,) = [each for each in maps if each.stack == stack]
    start, watch, read = policy.properties["PolicyDocument"]["Statement"]
    assert start["Action"] == "states:StartExecution" and start["Resource"] == {"Ref": machine.logical_id}
    assert watch["Action"] == ["states:DescribeExecution", "states:StopExecution"]
    assert ":execution:" in text_of(watch["Resource"]) and machine.logical_id in text_of(watch["Resource"])
    assert read["Action"] == "s3:GetObject" and text_of(read["Resource"]).endswith(items)


def test_batch_jobs_read_their_input_and_write_their_output_and_only_bedrock_takes_their_role(
    assembly: Assembly,
) -> None:
    (trust,) = assembly.at("BatchRole").properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert text_of(trust["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":model-invocation-job/*")
    allowed = permissions(assembly, "Batch")
    assert set(allowed) == {"s3:GetObject", "s3:PutObject", "s3:ListBucket", INVOKE}
    assert [each.endswith("/bulk/*/input/*") for each in allowed["s3:GetObject"]] == [True]
    assert [each.endswith("/bulk/*/output/*") for each in allowed["s3:PutObject"]] == [True]


def test_the_batch_role_is_passed_to_bedrock_alone(assembly: Assembly) -> None:
    found = [
        (policy, each)
        for policy, each in allowances(assembly, "AWS::IAM::Policy")
        if "iam:PassRole" in listed(each["Action"])
    ]
    ((policy, statement),) = found
    assert policy.path == "BulkAdvanceShardRole/DefaultPolicy"
    assert text_of(statement["Resource"]) == f"<{assembly.at('BatchRole').logical_id}>"
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}


def test_a_run_reads_documents_where_its_setting_says_and_nowhere_else(assembly: Assembly) -> None:
    for function in ("BulkListSource", "BulkPrepareDocuments"):
        read = permissions(assembly, function)["s3:GetObject"]
        assert (
            {each for each in read if "DocumentsBucket" in each}
            == {each for each in read if "DocumentsBucket" in each and each.endswith("/bulk/*")}
            != set()
        )


def test_only_the_inbox_starts_work_and_only_its_rule_may_write_into_the_queue(assembly: Assembly) -> None:
    rule = assembly.at("DocumentDropped")
    senders = [
        statement
        for policy, statement in allowances(assembly, "AWS::SQS::QueuePolicy")
        if policy.path == "SummariesQueue/Policy"
    ]
    (sender,) = senders
    assert sender["Principal"] == {"Service": "events.amazonaws.com"}
    assert sender["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule.logical_id, "Arn"]}}}


def test_api_gateway_may_invoke_a_function_only_for_its_routes(assembly: Assembly) -> None:
    for permission in assembly.of("AWS::Lambda::Permission"):
        assert permission.properties["Principal"] == "apigateway.amazonaws.com"
        source = text_of(permission.properties["SourceArn"])
        assert "/authorizers/" in source or source.count("/") >= 3, source
        assert "test-invoke-stage" not in source
