"""The trimmed layer: small, the same every time, and nothing that the functions use is missing from it."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from stacks.components.layer_trimming import KEPT_SERVICES, trim
from tests.infrastructure.assembly import ROOT

PACKAGES = ("boto3", "botocore", "s3transfer", "msgspec", "urllib3", "dateutil", "jmespath")
REGIONS = ("us-east-1", "eu-central-1", "ap-northeast-3", "cn-north-1", "us-gov-west-1")
# Runs with the layer or without it, and says what its clients are and do.
PROBE = """
import json, sys
import botocore.session
services, regions, url = json.loads(sys.argv[1])
session = botocore.session.get_session()
endpoints = {
    f"{service} {region}": [
        (client := session.create_client(service, region_name=region)).meta.endpoint_url,
        client.meta.partition, client._request_signer.signing_name, client._request_signer.region_name,
        sorted(client.meta.method_to_api_mapping), client.waiter_names,
    ]
    for service in services for region in regions
}
print(json.dumps({"from": botocore.__file__, "endpoints": endpoints}))
"""
CALLS = """
import boto3, boto3.dynamodb.types  # the adapters' serializer
from lambdas.shared.adapters import aws_clients
tables = aws_clients.dynamodb()
tables.create_table(TableName="t", BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
tables.get_waiter("table_exists").wait(TableName="t")
tables.put_item(TableName="t", Item={"pk": {"S": "a"}})
assert tables.get_item(TableName="t", Key={"pk": {"S": "a"}})["Item"]
try:
    tables.put_item(TableName="t", Item={"pk": {"S": "a"}}, ConditionExpression="attribute_not_exists(pk)")
except tables.exceptions.ConditionalCheckFailedException:
    pass
s3 = aws_clients.s3()
s3.create_bucket(Bucket="bucket")
s3.put_object(Bucket="bucket", Key="k", Body=b"body")
assert s3.get_object(Bucket="bucket", Key="k")["Body"].read() == b"body"
assert [page["KeyCount"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="bucket")] == [1]
aws_clients.event_bridge().put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
assert aws_clients.step_functions().list_state_machines()["stateMachines"] == []
"""
BEDROCK = """
from lambdas.shared.adapters import aws_clients
bedrock = aws_clients.bedrock_runtime(attempts=1, read_timeout_seconds=5)
messages = [{"role": "user", "content": [{"text": "hello"}]}]
assert bedrock.converse(modelId="m", messages=messages)["stopReason"] == "end_turn"
assert [*bedrock.converse_stream(modelId="m", messages=messages)["stream"]][-1]["metadata"]["usage"]
"""


def untrimmed(folder: Path) -> Path:
    """What pip lays out, taken from the virtual environment; of botocore's data one service too many."""
    wanted = {*KEPT_SERVICES, "sqs"}

    def leave_out(path: str, names: list[str]) -> set[str]:
        if Path(path).parts[-2:] == ("botocore", "data"):
            return {name for name in names if "." not in name and name not in wanted}
        return {"__pycache__"} & set(names)

    for name in PACKAGES:
        (found,) = importlib.util.find_spec(name).submodule_search_locations  # type: ignore[union-attr]
        shutil.copytree(found, folder / name, ignore=leave_out)
        for dist_info in Path(found).parent.glob(f"{name}-*.dist-info"):
            shutil.copytree(dist_info, folder / dist_info.name)
    shutil.copy(str(importlib.util.find_spec("six").origin), folder)  # type: ignore[union-attr]
    return folder


def digest(folder: Path) -> str:
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content.update(f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return content.hexdigest()


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    packages = untrimmed(tmp_path_factory.mktemp("layer") / "python")
    trim(packages)
    return packages


@pytest.fixture(scope="module")
def aws_url() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bedrock_url() -> Iterator[str]:
    command = [sys.executable, str(ROOT / "benchmarks/stub_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"  # type: ignore[union-attr]
        process.kill()


def run(code: str, *arguments: str, layer: Path | None = None, url: str = "") -> str:
    paths = [*([str(layer)] if layer else []), str(ROOT)]
    environ = {
        "PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1", "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1", **({"AWS_ENDPOINT_URL": url} if url else {}),
    }  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environ, capture_output=True, text=True, cwd="/"
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_kept_services_are_those_that_the_adapters_make_clients_of() -> None:
    tree = ast.parse((ROOT / "lambdas/shared/adapters/aws_clients.py").read_text(encoding="utf-8"))
    made = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_client"
        if isinstance(call.args[0], ast.Constant)
    }
    assert made == set(KEPT_SERVICES)


def test_its_clients_are_the_same_as_without_trimming(layer: Path) -> None:
    question = json.dumps([KEPT_SERVICES, REGIONS, ""])
    trimmed = json.loads(run(PROBE, question, layer=layer))
    assert trimmed["from"].startswith(str(layer))
    assert trimmed["endpoints"] == json.loads(run(PROBE, question))["endpoints"]


def test_every_client_works_from_it(layer: Path, aws_url: str, bedrock_url: str) -> None:
    run(CALLS, layer=layer, url=aws_url)
    run(BEDROCK, layer=layer, url=bedrock_url)


def test_it_holds_no_other_service_and_no_prose(layer: Path) -> None:
    data = layer / "botocore/data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(KEPT_SERVICES)
    assert all(len([*(data / service).iterdir()]) == 1 for service in KEPT_SERVICES)
    assert not [*data.rglob("*.gz"), *layer.rglob("examples-1.json"), *layer.rglob("*.pyi")]
    model = json.loads(next(data.glob("dynamodb/*/service-2.json")).read_text(encoding="utf-8"))
    assert model["documentation"] == model["operations"]["GetItem"]["documentation"] == ""


def test_licences_and_versions_stay(layer: Path) -> None:
    for dist_info in layer.glob("*.dist-info"):
        names = {path.name for path in dist_info.iterdir()}
        assert "METADATA" in names and "RECORD" not in names
        assert names & {"LICENSE", "LICENSE.txt", "licenses"}, dist_info


def test_the_same_packages_give_the_same_bytes(layer: Path, tmp_path: Path) -> None:
    again = untrimmed(tmp_path / "python")
    trim(again)
    assert digest(again) == digest(layer)


def test_it_is_small(layer: Path, tmp_path: Path) -> None:
    """Without compiled modules, which are as much again."""
    packed = shutil.make_archive(str(tmp_path / "layer"), "zip", layer)
    assert Path(packed).stat().st_size <= 4_000_000


def test_a_layer_without_botocore_is_left_whole(tmp_path: Path) -> None:
    (tmp_path / "pypdf").mkdir()
    (tmp_path / "pypdf/reader.py").write_text("x = 1\n")
    trim(tmp_path)
    assert (tmp_path / "pypdf/reader.py").exists()
