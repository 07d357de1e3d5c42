"""From a dropped document to its workflow: nothing falls between two hops."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infrastructure.assembly import ROOT, Assembly, Resource, text_of


def machine(assembly: Assembly) -> Resource:
    (found,) = assembly.of("AWS::StepFunctions::StateMachine")
    return found


def definition(assembly: Assembly) -> dict[str, Any]:
    return json.loads(machine(assembly).properties["DefinitionString"])


def test_the_definition_is_the_file_and_every_token_has_its_function(assembly: Assembly) -> None:
    properties = machine(assembly).properties
    text = (ROOT / "statemachines/summarize_document.asl.json").read_text(encoding="utf-8")
    assert properties["DefinitionString"] == text
    tokens = set(re.findall(r"\$\{(\w+)\}", text))
    assert tokens == set(properties["DefinitionSubstitutions"])
    functions = assembly.functions()
    bucket = properties["DefinitionSubstitutions"].pop("ResultsBucketName")
    assert "ResultsBucket" in text_of(bucket)
    for token, arn in properties["DefinitionSubstitutions"].items():
        verb = token.removeprefix("Summaries").removesuffix("FunctionArn").lower()
        assert arn == {"Fn::GetAtt": [functions[f"summaries/{verb}"].logical_id, "Arn"]}


@pytest.mark.parametrize(
    ("text", "supplied", "message"),
    [
        (
            '{"Resource": "${SummariesInferFunctionArn}"}',
            set(),
            "names SummariesInferFunctionArn, but the stack has no",
        ),
        ("{}", {"SummariesInferFunctionArn"}, "never calls SummariesInferFunctionArn"),
    ],
)
def test_an_open_token_and_an_idle_function_stop_the_synth(text: str, supplied: set[str], message: str) -> None:
    from stacks.components.asl_state_machine import check_tokens
    from stacks.components.bytecode import BuildError

    with pytest.raises(BuildError, match=re.escape(message)):
        check_tokens("summarize_document", text, supplied)


def test_a_task_waits_longer_than_its_function_runs(assembly: Assembly) -> None:
    """Otherwise a retry would start beside a call that still runs, and both would be paid."""
    functions = {each.logical_id: each for each in assembly.functions().values()}
    substitutions = machine(assembly).properties["DefinitionSubstitutions"]
    states = definition(assembly)["States"]
    for name, state in {**states, **states["Summarize sections"]["ItemProcessor"]["States"]}.items():
        if state["Type"] == "Task":
            function = functions[substitutions[state["Resource"].strip("${}")]["Fn::GetAtt"][0]]
            assert state["TimeoutSeconds"] > function.properties["Timeout"], name


def test_the_workflow_is_standard_and_logs_no_content(assembly: Assembly) -> None:
    properties = machine(assembly).properties
    assert properties["StateMachineType"] == "STANDARD"
    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert properties["LoggingConfiguration"]["Level"] == "ALL"


def test_only_documents_in_the_inbox_are_picked_up(assembly: Assembly) -> None:
    pattern = assembly.at("DocumentDropped").properties["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created", "Object Deleted"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "inbox/"}]}
    (bucket,) = pattern["detail"]["bucket"]["name"]
    assert "DocumentsBucket" in text_of(bucket)


def test_what_cannot_be_delivered_or_handled_ends_in_the_dead_letters(assembly: Assembly) -> None:
    (target,) = assembly.at("DocumentDropped").properties["Targets"]
    redrive = assembly.at("SummariesQueue").properties["RedrivePolicy"]
    assert "SummariesDeadLetters" in text_of(target["DeadLetterConfig"]["Arn"])
    assert "SummariesDeadLetters" in text_of(redrive["deadLetterTargetArn"])


def test_an_outage_of_an_hour_is_waited_out_in_the_queue(assembly: Assembly) -> None:
    queue = assembly.at("SummariesQueue").properties
    tries = queue["RedrivePolicy"]["maxReceiveCount"]
    assert 3600 <= (tries - 1) * queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"]


def test_event_bridge_may_write_into_the_dead_letters(assembly: Assembly) -> None:
    (policy,) = [each for each in assembly.of("AWS::SQS::QueuePolicy") if each.stack == "storage"]
    (allow,) = [each for each in policy.properties["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert allow["Principal"] == {"Service": "events.amazonaws.com"} and allow["Action"] == "sqs:SendMessage"
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_dead_letters_are_kept_for_two_weeks_and_longer_than_live_ones(assembly: Assembly) -> None:
    dead, live = (assembly.at(name).properties for name in ("SummariesDeadLetters", "SummariesQueue"))
    assert dead["MessageRetentionPeriod"] == 14 * 86_400 > live["MessageRetentionPeriod"]


def test_a_message_stays_hidden_for_six_times_the_functions_timeout(assembly: Assembly) -> None:
    start = assembly.functions()["summaries/start"]
    queue = assembly.at("SummariesQueue")
    assert queue.properties["VisibilityTimeout"] >= 6 * start.properties["Timeout"]


def test_one_bad_message_does_not_bring_back_its_batch(assembly: Assembly) -> None:
    (source,) = assembly.of("AWS::Lambda::EventSourceMapping")
    assert source.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source.properties["BatchSize"] == 10
    assert source.properties["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert source.properties["FunctionName"] == {"Ref": assembly.functions()["summaries/start"].logical_id}
