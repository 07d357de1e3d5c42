"""Programs as tutorials have them, knowing nothing of Quarry: only AWS_ENDPOINT_URL is set."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.e2e.conftest import RunningStack

CONVERSE = """
import boto3
client = boto3.client("bedrock-runtime", region_name="us-east-1")
response = client.converse(
    modelId="anthropic.claude-3-haiku-20240307-v1:0",
    messages=[{"role": "user", "content": [{"text": "Describe the purpose of a 'hello world' program in one line."}]}],
    inferenceConfig={"maxTokens": 512, "temperature": 0.5, "topP": 0.9},
)
print(response["output"]["message"]["content"][0]["text"])
assert response["usage"]["totalTokens"] > 0
"""

STREAM = """
import boto3
client = boto3.client("bedrock-runtime", region_name="us-east-1")
conversation = [{"role": "user", "content": [{"text": "Rivers carve valleys. Glaciers carve them too."}]}]
streaming = client.converse_stream(modelId="amazon.titan-text-express-v1", messages=conversation)
for chunk in streaming["stream"]:
    if "contentBlockDelta" in chunk:
        print(chunk["contentBlockDelta"]["delta"]["text"], end="")
"""

HISTORY = """
import boto3
client = boto3.client("bedrock-runtime", region_name="us-east-1")
messages = []
def ask(text):
    messages.append({"role": "user", "content": [{"text": text}]})
    message = client.converse(modelId="us.amazon.nova-lite-v1:0", messages=messages,
                              system=[{"text": "You are a helpful assistant."}])["output"]["message"]
    messages.append(message)
    return message["content"][0]["text"]
ask("The name of my dog is Basalt and he likes the beach.")
print(ask("What is the name of my dog?"))
"""

TITAN = """
import boto3, json
client = boto3.client("bedrock-runtime", region_name="us-east-1")
response = client.invoke_model(modelId="amazon.titan-embed-text-v1", body=json.dumps({"inputText": "What is it?"}),
                               accept="application/json", contentType="application/json")
embedding = json.loads(response["body"].read())["embedding"]
assert len(embedding) == 1536, len(embedding)
v2 = client.invoke_model(modelId="amazon.titan-embed-text-v2:0",
                         body=json.dumps({"inputText": "What is a quarry?", "dimensions": 512, "normalize": True}))
assert len(json.loads(v2["body"].read())["embedding"]) == 512
print("ok")
"""

CLAUDE = """
import boto3, json
client = boto3.client("bedrock-runtime", region_name="us-east-1")
body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 512, "temperature": 0.5,
                   "messages": [{"role": "user", "content": [{"type": "text", "text": "Write a test program."}]}]})
response = json.loads(client.invoke_model(modelId="anthropic.claude-3-sonnet-20240229-v1:0", body=body)["body"].read())
print(response["content"][0]["text"])
stream = client.invoke_model_with_response_stream(modelId="anthropic.claude-3-sonnet-20240229-v1:0", body=body)
types = []
for event in stream["body"]:
    chunk = json.loads(event["chunk"]["bytes"])
    types.append(chunk["type"])
assert types[0] == "message_start" and types[-1] == "message_stop" and "content_block_delta" in types, types
"""


def run(stack: RunningStack, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=stack.environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    return done.stdout


def test_converse(stack: RunningStack) -> None:
    run(stack, CONVERSE)


def test_converse_stream(stack: RunningStack) -> None:
    run(stack, STREAM)


def test_chat_history(stack: RunningStack) -> None:
    assert "Basalt" in run(stack, HISTORY)


def test_titan_embeddings(stack: RunningStack) -> None:
    run(stack, TITAN)


def test_claude_messages_and_its_stream(stack: RunningStack) -> None:
    run(stack, CLAUDE)


def aws(stack: RunningStack, *arguments: str) -> str:
    command = [sys.executable, "-m", "awscli", *arguments]
    done = subprocess.run(command, env=stack.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_aws_cli(stack: RunningStack) -> None:
    message = json.dumps([{"role": "user", "content": [{"text": "Hello"}]}])
    answer = aws(stack, "bedrock-runtime", "converse", "--model-id", "amazon.nova-lite-v1:0", "--messages", message)
    assert json.loads(answer)["output"]["message"]["role"] == "assistant"
    assert json.loads(aws(stack, "bedrock", "list-foundation-models"))["modelSummaries"]
    assert stack.outputs["DocumentsBucketName"] in aws(stack, "s3", "ls")
