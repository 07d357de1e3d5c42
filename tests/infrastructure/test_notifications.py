"""Who is told that a document has ended: nobody by default, and then by the narrowest rights."""

from __future__ import annotations

from typing import Any

from stacks.components.summary_notifications import PLACEHOLDER
from tests.infrastructure.assembly import Assembly, Resource, text_of
from tests.infrastructure.conftest import WEBHOOK
from tests.infrastructure.test_least_privilege import allowances, listed

MADE = ("AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::Events::Connection", "AWS::Events::ApiDestination")


def rules(assembly: Assembly) -> list[Resource]:
    return [rule for rule in assembly.of("AWS::Events::Rule") if rule.path.startswith("Notifications/")]


def target(rule: Resource) -> Any:
    (found,) = rule.properties["Targets"]
    return found


def test_nothing_is_made_where_nobody_is_to_be_told(assembly: Assembly) -> None:
    assert not assembly.of(*MADE)
    assert [rule.path for rule in assembly.of("AWS::Events::Rule")] == ["KnowledgeDropped", "DocumentDropped"]


def test_rules_hear_this_deployments_documents_alone(changed: Assembly) -> None:
    heard = set()
    for rule in rules(changed):
        pattern = rule.properties["EventPattern"]
        (bucket,) = pattern["detail"]["bucket"]
        assert pattern["source"] == ["quarry"] and "DocumentsBucket" in text_of(bucket)
        heard |= set(pattern["detail-type"])
    assert heard == {"Summary Ready", "Summary Failed"}
    assert len(rules(changed)) == 3


def test_mail_goes_to_each_address_through_an_encrypted_topic(changed: Assembly) -> None:
    (topic,) = changed.of("AWS::SNS::Topic")
    assert topic.properties["KmsMasterKeyId"] == "alias/aws/sns"
    subscriptions = changed.of("AWS::SNS::Subscription")
    assert [(each.properties["Protocol"], each.properties["Endpoint"]) for each in subscriptions] == [
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    ]
    (policy,) = changed.of("AWS::SNS::TopicPolicy")
    (statement,) = policy.properties["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_mail_says_what_happened_in_words(changed: Assembly) -> None:
    mails = {rule.properties["EventPattern"]["detail-type"][0]: rule for rule in rules(changed) if "Mail" in rule.path}
    for kind, words in (("Summary Ready", "A summary is ready"), ("Summary Failed", "could not be summarized")):
        transformer = target(mails[kind])["InputTransformer"]
        assert words in transformer["InputTemplate"]
        assert set(transformer["InputPathsMap"].values()) >= {"$.detail.key", "$.detail.tenant"}


def test_the_program_is_called_with_a_key_that_the_template_does_not_know(changed: Assembly) -> None:
    (destination,) = changed.of("AWS::Events::ApiDestination")
    assert (destination.properties["InvocationEndpoint"], destination.properties["HttpMethod"]) == (WEBHOOK, "POST")
    (connection,) = changed.of("AWS::Events::Connection")
    assert connection.properties["AuthorizationType"] == "API_KEY"
    parameters = connection.properties["AuthParameters"]["ApiKeyAuthParameters"]
    assert parameters == {"ApiKeyName": "X-Api-Key", "ApiKeyValue": PLACEHOLDER}
    (rule,) = [rule for rule in rules(changed) if "Mail" not in rule.path]
    assert not {"Input", "InputPath", "InputTransformer"} & set(target(rule)), "the whole event is the body"


def test_what_cannot_be_delivered_is_tried_for_a_day_and_then_kept(changed: Assembly) -> None:
    for rule in rules(changed):
        found = target(rule)
        assert found["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
        assert "NotificationsDeadLetters" in text_of(found["DeadLetterConfig"]["Arn"])
    dead = changed.at("Notifications/DeadLetters").properties
    assert dead["MessageRetentionPeriod"] == 14 * 86_400 and dead["SqsManagedSseEnabled"] is True


def test_each_target_is_reached_by_a_role_that_can_do_nothing_else(changed: Assembly) -> None:
    roles = {text_of(target(rule)["RoleArn"]).strip("<>") for rule in rules(changed)}
    assert roles
    allowed = set()
    for policy, statement in allowances(changed, "AWS::IAM::Policy"):
        if {role["Ref"] for role in policy.properties["Roles"]} & roles:
            for action in listed(statement["Action"]):
                allowed |= {(action, text_of(each)) for each in listed(statement["Resource"])}
    (topic,) = changed.of("AWS::SNS::Topic")
    (destination,) = changed.of("AWS::Events::ApiDestination")
    assert {action for action, _ in allowed} == {"sns:Publish", "events:InvokeApiDestination"}
    assert {resource for _, resource in allowed} == {f"<{topic.logical_id}>", f"<{destination.logical_id}>"}
