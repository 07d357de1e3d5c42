"""A deployment that nobody uses costs nothing."""

from __future__ import annotations

from tests.infrastructure.assembly import Assembly

# Billed by use alone, or not at all. A type that is not in here needs a reason, and a look at its price page.
FREE_WHILE_IDLE = {
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::Bedrock::DataSource",
    "AWS::Bedrock::Guardrail",
    "AWS::Bedrock::GuardrailVersion",
    "AWS::Bedrock::KnowledgeBase",  # on S3 Vectors; OpenSearch Serverless is billed by the hour
    "AWS::DynamoDB::Table",
    "AWS::Events::ApiDestination",
    "AWS::Events::Connection",  # with its secret, which EventBridge owns and pays
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::S3Vectors::Index",
    "AWS::S3Vectors::VectorBucket",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::StepFunctions::StateMachine",
}
# Only where data goes with its stack: a function empties the buckets first.
WHEN_DESTROYING = {"Custom::S3AutoDeleteObjects"}
FREE_ALARMS, FREE_DASHBOARDS = 10, 3


def test_no_resource_is_billed_by_the_hour_or_the_month(assembly: Assembly, changed: Assembly) -> None:
    assert {resource.type for resource in assembly.resources} <= FREE_WHILE_IDLE
    assert {resource.type for resource in changed.resources} <= FREE_WHILE_IDLE | WHEN_DESTROYING


def test_the_free_allowances_of_an_account_are_not_used_up(assembly: Assembly) -> None:
    assert len(assembly.of("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")) <= FREE_ALARMS
    assert len(assembly.of("AWS::CloudWatch::Dashboard")) <= FREE_DASHBOARDS


def test_no_key_no_secret_and_no_network_is_owned(assembly: Assembly) -> None:
    for prefix in ("AWS::KMS::", "AWS::SecretsManager::", "AWS::EC2::", "AWS::WAFv2::", "AWS::OpenSearch"):
        assert not [resource for resource in assembly.resources if resource.type.startswith(prefix)]


def test_tables_are_on_demand(assembly: Assembly) -> None:
    for table in assembly.of("AWS::DynamoDB::Table"):
        assert table.properties["BillingMode"] == "PAY_PER_REQUEST", table
        assert "ProvisionedThroughput" not in table.properties, table


def test_functions_and_the_api_hold_nothing_provisioned(assembly: Assembly) -> None:
    for function in assembly.of("AWS::Lambda::Function"):
        assert not {"ReservedConcurrentExecutions", "SnapStart", "VpcConfig"} & set(function.properties), function
    for stage in assembly.of("AWS::ApiGateway::Stage"):
        assert not stage.properties.get("CacheClusterEnabled"), stage


def test_nothing_wakes_up_by_itself(assembly: Assembly) -> None:
    """No schedule at all today; one that comes may not run more often than daily."""
    for rule in assembly.of("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        assert "ScheduleExpression" not in rule.properties, rule


def test_no_setting_of_the_whole_account_is_touched(assembly: Assembly) -> None:
    singletons = {
        "AWS::ApiGateway::Account",
        "AWS::SES::ReceiptRuleSet",
        "AWS::Bedrock::EnforcedGuardrailConfiguration",
    }
    assert not {resource.type for resource in assembly.resources} & singletons
    assert not [resource for resource in assembly.resources if resource.type.startswith("Custom::")]
