"""What is kept, for how long, and behind which locks."""

from __future__ import annotations

import pytest

from tests.infrastructure.assembly import Assembly, Resource

STATEFUL = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")


def lifecycle(bucket: Resource) -> dict[str, dict]:
    return {rule["Id"]: rule for rule in bucket.properties["LifecycleConfiguration"]["Rules"]}


def test_data_outlives_its_stack_by_default(assembly: Assembly) -> None:
    queues = [assembly.at("SummariesDeadLetters"), assembly.at("KnowledgeDeadLetters")]
    stateful = [*assembly.of(*STATEFUL, "AWS::S3Vectors::VectorBucket"), *queues]
    assert len(stateful) == 13
    for resource in stateful:
        assert resource.stack == "storage"
        assert (resource.body["DeletionPolicy"], resource.body["UpdateReplacePolicy"]) == ("Retain", "Retain"), resource
    for table in assembly.of("AWS::DynamoDB::Table"):
        assert table.properties["DeletionProtectionEnabled"] is True, table


def test_data_goes_with_its_stack_where_the_settings_say_so(changed: Assembly) -> None:
    for resource in [*changed.of(*STATEFUL), changed.at("SummariesDeadLetters")]:
        assert (resource.body["DeletionPolicy"], resource.body["UpdateReplacePolicy"]) == ("Delete", "Delete"), resource
    for table in changed.of("AWS::DynamoDB::Table"):
        assert table.properties["DeletionProtectionEnabled"] is False, table
    assert len(changed.of("Custom::S3AutoDeleteObjects")) == len(changed.of("AWS::S3::Bucket"))


def test_a_vector_bucket_is_left_to_make_destroy_which_can_empty_it(assembly: Assembly, changed: Assembly) -> None:
    """CloudFormation's own delete fails on one that holds an index, and with it the whole stack's."""
    for each in (assembly, changed):
        (bucket,) = each.of("AWS::S3Vectors::VectorBucket")
        assert bucket.body["DeletionPolicy"] == "Retain"
        assert bucket.properties["EncryptionConfiguration"] == {"SseType": "AES256"}
        assert "VectorBucketName" not in bucket.properties, "a redeploy beside the retained one must work"


def test_every_table_of_lasting_data_can_be_restored_to_any_second(assembly: Assembly, changed: Assembly) -> None:
    """Replays are copies of answers that live for a day; a backup would keep them for 35 more."""
    for table in assembly.of("AWS::DynamoDB::Table") + changed.of("AWS::DynamoDB::Table"):
        expected = {"PointInTimeRecoveryEnabled": table.path not in ("IdempotencyTable", "SlotsTable")}
        assert table.properties["PointInTimeRecoverySpecification"] == expected, table


@pytest.mark.parametrize(
    ("table", "keys", "expires"),
    [
        ("ConversationsTable", ["pk", "sk"], True),
        ("ClientsTable", ["pk"], False),
        ("LedgerTable", ["pk", "sk"], True),
        ("IdempotencyTable", ["pk"], True),
        ("SlotsTable", ["pk", "sk"], True),
        ("DocumentsTable", ["pk", "sk"], False),
        ("BulkTable", ["pk", "sk"], False),
        ("CollectionsTable", ["pk", "sk"], False),
    ],
)
def test_tables_have_their_keys_and_what_ages_expires(
    assembly: Assembly, table: str, keys: list[str], expires: bool
) -> None:
    properties = assembly.at(table).properties
    assert [key["AttributeName"] for key in properties["KeySchema"]] == keys
    expected = {"AttributeName": "expires_at", "Enabled": True} if expires else None
    assert properties.get("TimeToLiveSpecification") == expected


def test_web_pages_may_upload_from_the_configured_origins_and_do_nothing_else(
    assembly: Assembly, changed: Assembly
) -> None:
    for each, origins in ((assembly, ["*"]), (changed, ["https://a.example.com", "https://b.example.com"])):
        (rule,) = each.at("DocumentsBucket").properties["CorsConfiguration"]["CorsRules"]
        assert (rule["AllowedMethods"], rule["AllowedOrigins"]) == (["POST"], origins)
        assert "CorsConfiguration" not in each.at("ResultsBucket").properties


def test_documents_are_listed_by_time_and_by_state(assembly: Assembly) -> None:
    indexes = assembly.at("DocumentsTable").properties["GlobalSecondaryIndexes"]
    keys = {each["IndexName"]: [key["AttributeName"] for key in each["KeySchema"]] for each in indexes}
    assert keys == {"by-time": ["pk", "received_at"], "by-state": ["tenant_state", "received_at"]}


def test_buckets_are_private_encrypted_and_versioned(assembly: Assembly) -> None:
    for bucket in assembly.of("AWS::S3::Bucket"):
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert bucket.properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_queues_are_encrypted(assembly: Assembly) -> None:
    for queue in assembly.of("AWS::SQS::Queue"):
        assert queue.properties["SqsManagedSseEnabled"] is True, queue


def test_nothing_is_read_or_written_without_tls(assembly: Assembly) -> None:
    policies = {
        "AWS::S3::Bucket": [policy.properties["Bucket"] for policy in assembly.of("AWS::S3::BucketPolicy")],
        "AWS::SQS::Queue": [
            queue for each in assembly.of("AWS::SQS::QueuePolicy") for queue in each.properties["Queues"]
        ],
    }
    for kind, targets in policies.items():
        for resource in assembly.of(kind):
            assert {"Ref": resource.logical_id} in targets, f"{resource} has no policy"
    for policy in assembly.of("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        denials = [each for each in policy.properties["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert [each["Condition"] for each in denials] == [{"Bool": {"aws:SecureTransport": "false"}}], policy
        assert denials[0]["Principal"] == {"AWS": "*"}


def test_old_versions_and_broken_uploads_disappear(assembly: Assembly) -> None:
    for bucket in assembly.of("AWS::S3::Bucket"):
        rule = lifecycle(bucket)["old-versions"]
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        assert rule["ExpiredObjectDeleteMarker"] is True


def test_intermediate_texts_are_gone_after_a_week_and_results_stay(assembly: Assembly) -> None:
    rules = lifecycle(assembly.at("ResultsBucket"))
    assert set(rules) == {"old-versions", "work", "bulk", "conversations"}
    assert (rules["work"]["Prefix"], rules["work"]["ExpirationInDays"]) == ("work/", 7)
    assert rules["work"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert (rules["bulk"]["Prefix"], rules["bulk"]["ExpirationInDays"]) == ("bulk/", 60), (
        "a stopped run waits for weeks"
    )
    assert rules["bulk"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert "ExpirationInDays" not in rules["old-versions"]


def test_long_messages_age_out_when_their_rows_do(assembly: Assembly) -> None:
    rule = lifecycle(assembly.at("ResultsBucket"))["conversations"]
    kept = assembly.environment("chat/turn")["CONVERSATION_DAYS"]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("conversations/", int(kept))
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["Status"] == "Enabled"


def test_the_inbox_bucket_tells_event_bridge_without_a_custom_resource(assembly: Assembly) -> None:
    notification = assembly.at("DocumentsBucket").properties["NotificationConfiguration"]
    assert notification == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert "NotificationConfiguration" not in assembly.at("ResultsBucket").properties


def test_every_log_has_an_end(assembly: Assembly, changed: Assembly) -> None:
    for group in assembly.of("AWS::Logs::LogGroup") + changed.of("AWS::Logs::LogGroup"):
        assert group.properties["RetentionInDays"] == 30, group


def test_every_function_writes_into_a_log_group_of_the_template(assembly: Assembly, changed: Assembly) -> None:
    for each in (assembly, changed):
        groups = {group.logical_id for group in each.of("AWS::Logs::LogGroup")}
        for function in each.functions().values():
            assert function.properties["LoggingConfig"]["LogGroup"]["Ref"] in groups, function
        # a function of CDK's own writes where its name says; its group is made beforehand
        assert len(groups) == len(each.of("AWS::Lambda::Function")) + len(each.of("AWS::StepFunctions::StateMachine"))
