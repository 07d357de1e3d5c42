"""What a batch job reads, refuses and writes."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.integration.local_bedrock.batch_house import BatchHouse, converse_row

ROWS = [converse_row(number) for number in range(12)]
EMBEDDING = "amazon.titan-embed-text-v2:0"


def test_output_and_manifest_stand_where_aws_puts_them(house: BatchHouse, runtime: Any) -> None:
    job = house.run(ROWS)
    assert house.keys(job) == ["manifest.json.out", "rows.jsonl.out"]
    rows = house.output(job)
    assert [row["recordId"] for row in rows] != [row["recordId"] for row in ROWS]
    by_id = {row["recordId"]: row for row in rows}
    assert len(rows) == len(by_id) == len(ROWS)
    for asked in ROWS:
        got = by_id[asked["recordId"]]
        assert list(got) == ["recordId", "modelInput", "modelOutput"] and got["modelInput"] == asked["modelInput"]
    usages = [row["modelOutput"]["usage"] for row in rows]
    assert house.manifest(job) == {
        "totalRecordCount": 12,
        "processedRecordCount": 12,
        "successRecordCount": 12,
        "errorRecordCount": 0,
        "inputTokenCount": sum(usage["inputTokens"] for usage in usages),
        "outputTokenCount": sum(usage["outputTokens"] for usage in usages),
    }


def test_a_record_is_answered_as_converse_answers_with_absent_blocks_spelt_out(house: BatchHouse, runtime: Any) -> None:
    row = house.output(house.run(ROWS))[0]
    online = runtime.converse(modelId="amazon.nova-lite-v1:0", **row["modelInput"])
    (block,) = row["modelOutput"]["output"]["message"]["content"]
    assert [{"text": block["text"]}] == online["output"]["message"]["content"]
    assert block["toolUse"] is None and block["reasoningContent"] is None
    for name in ("stopReason", "usage", "additionalModelResponseFields"):
        assert row["modelOutput"][name] == online[name]


def test_invoke_model_records_carry_the_models_own_bodies(house: BatchHouse) -> None:
    rows = [{"recordId": f"e{n}", "modelInput": {"inputText": f"Text {n}", "dimensions": 256}} for n in range(10)]
    job = house.run(rows, modelId=EMBEDDING, modelInvocationType="InvokeModel")
    row = house.output(job)[0]
    assert len(row["modelOutput"]["embedding"]) == 256 and row["modelOutput"]["inputTextTokenCount"] > 0


def test_all_jsonl_files_below_a_prefix_are_read_and_each_gets_its_output(house: BatchHouse) -> None:
    house.put(ROWS[:6], "in/a.jsonl")
    house.put(ROWS[6:], "in/deep/b.jsonl")
    house.put(["no record"], "in/readme.txt")
    house.put(["no record"], "input.jsonl")
    for source in ("in", "in/"):
        job = house.finish(house.submit(source=source))
        assert house.keys(job) == ["a.jsonl.out", "deep/b.jsonl.out", "manifest.json.out"]
        assert {row["recordId"] for row in house.output(job, "deep/b.jsonl.out")} == {f"r{n}" for n in range(6, 12)}


def test_equal_records_get_equal_answers_and_are_counted_each(house: BatchHouse) -> None:
    job = house.run([{**ROWS[0], "recordId": f"same{n}"} for n in range(10)])
    outputs = [row["modelOutput"] for row in house.output(job)]
    assert outputs == [outputs[0]] * 10 and job["successRecordCount"] == 10


def test_a_record_without_an_id_gets_one(house: BatchHouse) -> None:
    job = house.run([{"modelInput": row["modelInput"]} for row in ROWS])
    ids = {row["recordId"] for row in house.output(job)}
    assert len(ids) == 12 and all(len(each) == 11 and each.isalnum() for each in ids)


def test_texts_with_other_line_separators_stay_one_row(house: BatchHouse) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "one\u2028two\u0085three"}]}]}
    rows = [json.dumps({"recordId": f"r{n}", "modelInput": body}, ensure_ascii=False) for n in range(10)]
    job = house.run(rows)
    assert job["totalRecordCount"] == 10
    assert [row["modelInput"] for row in house.output(job)] == [body] * 10


def test_what_breaks_the_answering_itself_costs_one_record(house: BatchHouse, capsys: Any) -> None:
    half = {"messages": [{"role": "user", "content": [{"text": "half a pair: \ud83d"}]}]}
    job = house.run([*ROWS, {"recordId": "bad", "modelInput": half}])
    (bad,) = [row for row in house.output(job) if "error" in row]
    assert (job["status"], bad["recordId"], bad["error"]["errorCode"]) == ("Completed", "bad", 500)
    assert bad["modelInput"] == half and "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({"messages": []}, "Converse", "must start with a user message"),
        ({"inferenceConfig": {"maxTokens": "many"}}, "Converse", "maxTokens"),
        ({"toolConfig": {"tools": []}}, "Converse", "toolConfig is not supported in batch inference"),
        ({"outputConfig": {"textFormat": {"type": "json_schema"}}}, "Converse", "outputConfig is not supported"),
        ({"guardrailConfig": {"guardrailIdentifier": "x"}}, "Converse", "guardrailConfig is not supported"),
        ({"toolConfig": {}}, "InvokeModel", "toolConfig is not supported"),
        ({"max_tokens": 5}, "InvokeModel", "extraneous key [max_tokens]"),
    ],
)
def test_a_record_that_the_model_refuses_is_an_error_row_of_a_completed_job(
    house: BatchHouse, more: dict[str, Any], kind: str, words: str
) -> None:
    job = house.run([*ROWS, converse_row(99, **more)], modelInvocationType=kind)
    assert job["status"] == "Completed"
    assert (job["successRecordCount"], job["errorRecordCount"]) == (12, 1)
    (bad,) = [row for row in house.output(job) if "error" in row]
    assert bad["recordId"] == "r99" and "modelOutput" not in bad
    assert bad["error"]["errorCode"] == 400 and words in bad["error"]["errorMessage"]
    assert house.manifest(job)["errorRecordCount"] == 1


def test_a_job_of_the_wrong_type_completes_with_nothing_but_errors(house: BatchHouse) -> None:
    rows = [{"recordId": f"e{n}", "modelInput": {"inputText": "x"}} for n in range(10)]
    job = house.run(rows)
    assert (job["status"], job["successRecordCount"], job["errorRecordCount"]) == ("Completed", 0, 10)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"recordId": "r", ', "line 12 is not a JSON object"),
        ('["r"]', "line 12 is not a JSON object"),
        ('{"recordId": "r"}', "line 12 has no modelInput"),
        ('{"recordId": "r", "modelInput": "text"}', "line 12 has no modelInput"),
        ('{"recordId": 7, "modelInput": {}}', "line 12 has a recordId that is no string"),
    ],
)
def test_a_line_that_is_no_record_fails_the_whole_job(house: BatchHouse, line: str, words: str) -> None:
    job = house.run([*ROWS[:11], line])
    assert job["status"] == "Failed" and words in job["message"]
    assert (job["totalRecordCount"], house.keys(job)) == (0, [])


@pytest.mark.parametrize(
    ("quota", "value", "message"),
    [
        ("minimum_records", 13, "Batch job contains less records (12) than the required minimum of: 13"),
        ("records_per_job", 11, "Batch job contains more records (12) than the allowed maximum of: 11"),
        ("records_per_file", 11, "Input file in/rows.jsonl contains more records (12)"),
        ("file_gb", 1e-7, "is larger than the allowed maximum of: 1e-07 GB"),
        ("job_gb", 1e-7, "Batch job input ("),
    ],
)
def test_quotas_of_records_and_sizes_fail_the_job(
    house: BatchHouse, quotas: Any, quota: str, value: float, message: str
) -> None:
    quotas.set({quota: value})
    job = house.run(ROWS)
    assert job["status"] == "Failed" and message in job["message"]


def test_places_that_bedrock_cannot_use_fail_the_job(house: BatchHouse) -> None:
    house.put(ROWS)
    far = f"{house.name}-far"
    abroad = boto3.client("s3", region_name="eu-west-1", endpoint_url=house.s3.meta.endpoint_url)
    abroad.create_bucket(Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bad_inputs = {
        "s3://nobody-has-this/in.jsonl": "Could not validate GetObject permissions",
        f"s3://{house.name}/nothing-here/": "No .jsonl file was found",
        f"s3://{far}/in.jsonl": "eu-west-1; it must be in the job's Region, us-east-1",
    }
    for uri, words in bad_inputs.items():
        job = house.finish(house.submit(inputDataConfig={"s3InputDataConfig": {"s3Uri": uri}}))
        assert job["status"] == "Failed" and words in job["message"]
    for uri in ("s3://nobody-has-this/out/", f"s3://{far}/out/"):
        job = house.finish(house.submit(outputDataConfig={"s3OutputDataConfig": {"s3Uri": uri}}))
        assert job["status"] == "Failed" and "PutObject permissions" in job["message"]
    config = {"s3Uri": f"s3://{house.name}/in/rows.jsonl", "s3BucketOwner": "999999999999"}
    job = house.finish(house.submit(inputDataConfig={"s3InputDataConfig": config}))
    assert job["status"] == "Failed" and "GetObject permissions" in job["message"]
