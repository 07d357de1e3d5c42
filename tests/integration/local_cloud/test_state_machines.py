"""Step Functions: what the interpreter can do with the seams in place, and what it is known to lack."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest

from local.cloud import deploy
from local.cloud.seams.state_machines import substitute
from tests.integration.local_cloud.support import (
    ROLE_ARN,
    add_asset,
    create_function,
    finish,
    run,
    single,
    write_assembly,
)

ITEMS = [{"n": number} for number in range(5)]
INVOKE = "arn:aws:states:::lambda:invoke"


class BoomError(Exception):
    """What the scripted functions raise."""


@pytest.fixture(scope="module")
def site(cloud):
    """A function, a bucket with item files, a table."""
    arn = create_function(cloud, "probe-states")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="probe-states")
    files = {
        "items.json": json.dumps(ITEMS),
        "items.jsonl": "\n".join(json.dumps(item) for item in ITEMS),
        "items.csv": "n,m\n1,2\n3,4\n",
        "in/a.txt": "A",
        "in/b.txt": "B",
    }
    for key, text in files.items():
        s3.put_object(Bucket="probe-states", Key=key, Body=text.encode())
    cloud.client("dynamodb").create_table(
        TableName="probe-states",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return arn


def invoke(arn, payload="$", **fields):
    payload_field = {"Payload.$": payload} if isinstance(payload, str) else {"Payload": payload}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": arn, **payload_field}, **fields}


def sdk(action, parameters, **fields):
    return single({"Type": "Task", "Resource": f"arn:aws:states:::{action}", "Parameters": parameters, **fields})


def distributed(arn, reader, **fields):
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Each",
        "States": {"Each": {**invoke(arn), "OutputPath": "$.Payload.echo", "End": True}},
    }
    return single({"Type": "Map", "ItemProcessor": processor, "ItemReader": reader, **fields})


def file_reader(kind, key):
    config = {"InputType": kind} | ({"CSVHeaderLocation": "FIRST_ROW"} if kind == "CSV" else {})
    place = {"Bucket": "probe-states", "Key": key}
    return {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": place}


LISTING = {
    "Resource": "arn:aws:states:::s3:listObjectsV2",
    "Parameters": {"Bucket": "probe-states", "Prefix": "in/"},
}


def test_pass_choice_parallel_and_wait(cloud, unique):
    branches = [
        {"StartAt": "x", "States": {"x": {"Type": "Wait", "Seconds": 0, "End": True}}},
        {"StartAt": "y", "States": {"y": {"Type": "Pass", "Result": 7, "End": True}}},
    ]
    definition = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Result": {"a": 5}, "Next": "Choose"},
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "NumericGreaterThan": 3, "Next": "Both"}],
                "Default": "No",
            },
            "No": {"Type": "Fail"},
            "Both": {"Type": "Parallel", "Branches": branches, "End": True},
        },
    }
    assert run(cloud, unique, definition)["output"] == [{"a": 5}, 7]


def test_intrinsic_functions(cloud, unique):
    parameters = {"p.$": "States.ArrayPartition(States.Array(1,2,3),2)", "j.$": "States.StringToJson('{\"a\":1}')"}
    assert run(cloud, unique, single({"Type": "Pass", "Parameters": parameters}))["output"] == {
        "p": [[1, 2], [3]],
        "j": {"a": 1},
    }


def test_jsonata_with_assignments_and_texts_that_need_escapes(cloud, functions, site, unique):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Set",
        "States": {
            "Set": {
                "Type": "Pass",
                "Assign": {"v": "{% $states.input.x + 1 %}", "text": "{% $states.input.text %}"},
                "Next": "Call",
            },
            "Call": {
                "Type": "Task",
                "Resource": INVOKE,
                "Arguments": {"FunctionName": site, "Payload": {"v": "{% $v %}", "text": "{% $text & '!' %}"}},
                "Output": "{% $states.result.Payload.echo %}",
                "End": True,
            },
        },
    }
    ended = run(cloud, unique, definition, {"x": 1, "text": 'a "b"\\\n키'})
    assert ended["output"] == {"v": 2, "text": 'a "b"\\\n키!'}


def test_a_failing_jsonata_expression_is_a_query_error(cloud, unique):
    definition = {"QueryLanguage": "JSONata", **single({"Type": "Pass", "Output": "{% $nothing( %}"})}
    assert run(cloud, unique, definition)["error"] == "States.QueryEvaluationError"


@pytest.mark.parametrize("style", ["invoke", "arn"])
def test_retry_and_catch_match_the_class_name_of_the_error(cloud, functions, site, unique, style):
    attempts = []

    def fail_twice_then_for_good(event):
        attempts.append(event["step"])
        if event["step"] == "once" and attempts.count("once") == 3:
            return {"fine": True}
        raise BoomError("not now")

    functions.scripts["probe-states"] = fail_twice_then_for_good
    task = invoke(site) if style == "invoke" else {"Type": "Task", "Resource": site}
    retry = {"ErrorEquals": ["BoomError"], "IntervalSeconds": 1, "MaxAttempts": 3, "JitterStrategy": "FULL"}
    retry |= {"MaxDelaySeconds": 2, "BackoffRate": 2}
    never = {"ErrorEquals": ["BoomError"], "MaxAttempts": 0}
    definition = {
        "StartAt": "First",
        "States": {
            "First": {**task, "Retry": [retry], "ResultPath": None, "Next": "Again"},
            "Again": {"Type": "Pass", "Result": "ever", "ResultPath": "$.step", "Next": "Second"},
            "Second": {
                **task,
                "Retry": [never, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}],
                "Catch": [{"ErrorEquals": ["BoomError"], "ResultPath": "$.failure", "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    output = run(cloud, unique, definition, {"step": "once"})["output"]
    assert attempts == ["once"] * 3 + ["ever"]
    assert output["step"] == "ever"
    assert output["failure"]["Error"] == "BoomError"
    assert json.loads(output["failure"]["Cause"])["errorMessage"] == "not now"


def test_a_failed_execution_tells_error_cause_and_history(cloud, functions, site, unique):
    def fail(_):
        raise BoomError("for good")

    functions.scripts["probe-states"] = fail
    ended = run(cloud, unique, single(invoke(site)))
    assert (ended["status"], ended["error"]) == ("FAILED", "BoomError")
    assert json.loads(ended["cause"])["errorMessage"] == "for good"
    events = cloud.client("stepfunctions").get_execution_history(executionArn=ended["executionArn"])["events"]
    kinds = [event["type"] for event in events]
    assert kinds == [
        "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed",
    ]  # fmt: skip
    assert events[1]["stateEnteredEventDetails"]["name"] == "Only"
    assert events[-1]["executionFailedEventDetails"]["error"] == "BoomError"


@pytest.mark.parametrize("style", ["invoke", "arn"])
def test_a_service_error_of_lambda_is_one_that_retriers_know(cloud, functions, unique, style):
    absent = "arn:aws:lambda:us-east-1:123456789012:function:absent"
    task = invoke(absent) if style == "invoke" else {"Type": "Task", "Resource": absent}
    assert run(cloud, unique, single(task))["error"] == "Lambda.ResourceNotFoundException"


def test_a_fail_state_gives_its_own_error(cloud, unique):
    ended = run(cloud, unique, {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "why"}}})
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "E", "why")


@pytest.mark.parametrize(("kind", "key"), [("JSON", "items.json"), ("JSONL", "items.jsonl")])
def test_distributed_map_reads_items(cloud, functions, site, unique, kind, key):
    assert run(cloud, unique, distributed(site, file_reader(kind, key)))["output"] == ITEMS


def test_distributed_map_reads_csv_and_listings(cloud, functions, site, unique):
    rows = run(cloud, f"{unique}-csv", distributed(site, file_reader("CSV", "items.csv")))["output"]
    assert rows == [{"n": "1", "m": "2"}, {"n": "3", "m": "4"}]
    objects = run(cloud, f"{unique}-list", distributed(site, LISTING))["output"]
    assert [item["Key"] for item in objects] == ["in/a.txt", "in/b.txt"]


def test_what_the_children_of_a_distributed_map_did_is_told_of_its_map_run(cloud, functions, site, unique):
    client = cloud.client("stepfunctions")
    ended = run(cloud, unique, distributed(site, file_reader("JSON", "items.json")))
    (map_run,) = client.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    counts = client.describe_map_run(mapRunArn=map_run["mapRunArn"])["executionCounts"]
    assert counts["total"] == counts["succeeded"] == len(ITEMS)
    children = client.get_execution_history(executionArn=map_run["mapRunArn"])["events"]
    kinds = Counter(event["type"] for event in children)
    assert kinds["TaskStateEntered"] == kinds["TaskStateExited"] == len(ITEMS)
    events = client.get_execution_history(executionArn=ended["executionArn"])["events"]
    assert not [event for event in events if event["type"] == "TaskStateEntered"], "the parent has none of them"


def test_distributed_map_writes_its_results(cloud, functions, site, unique):
    place = {"Bucket": "probe-states", "Prefix": "out"}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": place}
    output = run(cloud, unique, distributed(site, LISTING, ResultWriter=writer))["output"]
    assert output["ResultWriterDetails"]["Bucket"] == "probe-states"


def test_a_task_token_is_waited_for(cloud, functions, site, unique):
    def answer_later(event):
        reply = {"taskToken": event["token"], "output": '{"called": "back"}'}
        threading.Timer(0.1, lambda: cloud.client("stepfunctions").send_task_success(**reply)).start()

    functions.scripts["probe-states"] = answer_later
    state = invoke(site, {"token.$": "$$.Task.Token"})
    state["Resource"] += ".waitForTaskToken"
    assert run(cloud, unique, single(state))["output"] == {"called": "back"}


def test_sdk_tasks_of_s3_take_and_give_json(cloud, site, unique):
    place = {"Bucket": "probe-states", "Key": "made.json"}
    made = run(cloud, f"{unique}-put", sdk("aws-sdk:s3:putObject", {**place, "Body": {"a": [1, 2]}}))
    assert made["status"] == "SUCCEEDED"
    read = run(cloud, f"{unique}-get", sdk("aws-sdk:s3:getObject", place))["output"]
    assert json.loads(read["Body"]) == {"a": [1, 2]}
    assert {"ETag", "ContentLength", "LastModified"} <= set(read)


def test_sdk_errors_are_named_by_service(cloud, site, unique):
    place = {"Bucket": "probe-states", "Key": "absent"}
    assert run(cloud, unique, sdk("aws-sdk:s3:getObject", place))["error"] == "S3.NoSuchKeyException"


def test_dynamodb_and_events_tasks(cloud, functions, site, unique):
    item = {"pk": {"S": unique}, "map": {"M": {"x": {"BOOL": True}}}}
    run(cloud, f"{unique}-a", sdk("dynamodb:putItem", {"TableName": "probe-states", "Item": item}))
    key = {"TableName": "probe-states", "Key": {"pk": {"S": unique}}}
    assert run(cloud, f"{unique}-b", sdk("dynamodb:getItem", key))["output"]["Item"] == item
    assert run(cloud, f"{unique}-c", sdk("aws-sdk:dynamodb:getItem", key))["output"]["Item"] == item
    entries = {"Entries": [{"Source": "a", "DetailType": "b", "Detail": {"x": 1}}]}
    assert run(cloud, f"{unique}-d", sdk("events:putEvents", entries))["output"]["FailedEntryCount"] == 0


def test_a_machine_runs_another_and_takes_its_output(cloud, unique):
    client = cloud.client("stepfunctions")
    inner = client.create_state_machine(
        name=f"{unique}-in", definition=json.dumps(single({"Type": "Pass"})), roleArn=ROLE_ARN
    )["stateMachineArn"]
    started = sdk("states:startExecution.sync:2", {"StateMachineArn": inner, "Input": {"x": 1}})
    assert run(cloud, unique, started)["output"]["Output"] == {"x": 1}


def test_known_gap_item_batcher_is_refused_by_the_grammar(cloud, site, unique):
    definition = distributed(site, LISTING, ItemBatcher={"MaxItemsPerBatch": 2})
    with pytest.raises(Exception, match=r"ItemBatcher.*mismatched input"):
        cloud.client("stepfunctions").create_state_machine(
            name=unique, definition=json.dumps(definition), roleArn=ROLE_ARN
        )


def test_known_gap_optimized_bedrock_is_not_there(cloud, unique):
    ended = run(cloud, unique, sdk("bedrock:invokeModel", {"ModelId": "m", "Body": {"x": 1}}))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


class TestFromCloudFormation:
    def machine(self, cloud, tmp_path, name, **properties):
        machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": ROLE_ARN, **properties}}
        return write_assembly(tmp_path / "out", {name: {"Resources": {"Machine": machine}}})

    def output_of(self, cloud, deployment):
        client = cloud.client("stepfunctions")
        arn = deployment.of_type("AWS::StepFunctions::StateMachine")[0].physical_id
        execution = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
        return finish(cloud, execution)["output"]

    def test_a_definition_text_is_executed_with_its_substitutions(self, cloud, tmp_path, unique):
        definition = json.dumps(single({"Type": "Pass", "Result": "${Word} in ${AWS_Region}"}))
        substitutions = {"Word": 'quo"ted', "AWS_Region": {"Ref": "AWS::Region"}}
        directory = self.machine(
            cloud, tmp_path, unique, DefinitionString=definition, DefinitionSubstitutions=substitutions
        )
        assert self.output_of(cloud, deploy(directory, cloud)) == 'quo"ted in us-east-1'

    def test_a_definition_file_is_read_from_its_asset(self, cloud, tmp_path, unique):
        source = tmp_path / "machine.asl.json"
        source.write_text(json.dumps(single({"Type": "Pass", "Result": "${Word}"})))
        place = {"Bucket": "cdk-hnb659fds-assets-123456789012-us-east-1", "Key": f"{unique}.json"}
        directory = self.machine(
            cloud, tmp_path, unique, DefinitionS3Location=place, DefinitionSubstitutions={"Word": "here"}
        )
        add_asset(directory, source=source, object_key=f"{unique}.json")
        assert self.output_of(cloud, deploy(directory, cloud)) == "here"

    def test_a_token_without_a_value_is_refused(self):
        with pytest.raises(ValueError, match=r"\$\{Missing\} has no value"):
            substitute("${Missing}", {})
