"""From a dropped document to its workflow: nothing falls between two hops."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stacks.components.python_function import construct_name
from tests.infrastructure.assembly import ROOT, Assembly, Resource, text_of

WORKFLOWS = {"summaries": "summarize_document", "bulk": "summarize_in_bulk"}
both = pytest.mark.parametrize("stack", sorted(WORKFLOWS))


def machine(assembly: Assembly, stack: str) -> Resource:
    (found,) = [each for each in assembly.of("AWS::StepFunctions::StateMachine") if each.stack == stack]
    return found


def definition(assembly: Assembly, stack: str) -> dict[str, Any]:
    return json.loads(machine(assembly, stack).properties["DefinitionString"])


@both
def test_the_definition_is_the_file_and_every_token_has_its_function(assembly: Assembly, stack: str) -> None:
    properties = machine(assembly, stack).properties
    text = (ROOT / f"statemachines/{WORKFLOWS[stack]}.asl.json").read_text(encoding="utf-8")
    assert properties["DefinitionString"] == text
    tokens = set(re.findall(r"\$\{(\w+)\}", text))
    assert tokens == set(properties["DefinitionSubstitutions"])
    functions = assembly.functions()
    substitutions = dict(properties["DefinitionSubstitutions"])
    assert "ResultsBucket" in text_of(substitutions.pop("ResultsBucketName"))
    by_token = {f"{construct_name(handler)}FunctionArn": function for handler, function in functions.items()}
    for token, arn in substitutions.items():
        assert arn == {"Fn::GetAtt": [by_token[token].logical_id, "Arn"]}


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


@both
def test_a_task_waits_longer_than_its_function_runs(assembly: Assembly, stack: str) -> None:
    """Otherwise a retry would start beside a call that still runs, and both would be paid."""
    functions = {each.logical_id: each for each in assembly.functions().values()}
    substitutions = machine(assembly, stack).properties["DefinitionSubstitutions"]
    for name, state in all_states(definition(assembly, stack)):
        if state["Type"] == "Task":
            function = functions[substitutions[state["Resource"].strip("${}")]["Fn::GetAtt"][0]]
            assert state["TimeoutSeconds"] > function.properties["Timeout"], name


def all_states(definition: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """With those of its maps."""
    states = list(definition["States"].items())
    return states + [
        each for _, state in states if state["Type"] == "Map" for each in all_states(state["ItemProcessor"])
    ]


@both
def test_a_task_is_retried_with_full_jitter_and_its_failure_has_a_place(assembly: Assembly, stack: str) -> None:
    for name, state in all_states(definition(assembly, stack)):
        if state["Type"] == "Task":
            assert state.get("Catch") or name == "Give up", name
            assert state["Retry"][-1]["ErrorEquals"] == ["States.ALL"], name
            waits = [each for each in state["Retry"] if each.get("MaxDelaySeconds")]
            assert {each["JitterStrategy"] for each in waits} == {"FULL"}, name


def test_a_bulk_run_has_no_text_in_its_state_and_its_maps_no_output(assembly: Assembly) -> None:
    """So it stays below 32 KB whatever the archive's size."""
    states = definition(assembly, "bulk")["States"]
    for name, state in states.items():
        if state["Type"] == "Map":
            assert state["ResultPath"] is None and state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
            ends = [each for each in state["ItemProcessor"]["States"].values() if each.get("End")]
            assert ends and all(each == {**each, "Type": "Pass", "Result": {}} for each in ends), name


@both
def test_the_workflow_is_standard_and_logs_no_content(assembly: Assembly, stack: str) -> None:
    properties = machine(assembly, stack).properties
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
    policies = [each for each in assembly.of("AWS::SQS::QueuePolicy") if each.stack == "storage"]
    assert len(policies) == 2
    for policy in policies:
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
    (source,) = [each for each in assembly.of("AWS::Lambda::EventSourceMapping") if each.stack == "summaries"]
    assert source.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source.properties["BatchSize"] == 10
    assert source.properties["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert source.properties["FunctionName"] == {"Ref": assembly.functions()["summaries/start"].logical_id}
