"""`knowledge sync | price`: sets the Knowledge Base right, and says what its vector stores cost a month."""

from __future__ import annotations

import argparse
from collections import Counter
from decimal import Decimal

from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.bedrock_knowledge_base import BedrockKnowledgeBase
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.adapters.dynamodb_knowledge_records import DynamoDbKnowledgeRecords
from lambdas.shared.adapters.s3_knowledge_objects import S3KnowledgeObjects
from lambdas.shared.adapters.sqs_knowledge_checks import SqsKnowledgeChecks
from lambdas.shared.services.drop_register import DropRegister
from lambdas.shared.services.knowledge.sync_knowledge import Finding, SyncKnowledge
from ops.deployed_stacks import stack_output
from ops.leftovers.prices import AS_OF, GIGABYTE, VECTOR_STORAGE

# Half a unit to index and half a unit to search, without standby replicas: the least that a vector collection takes,
# and for as long as it exists. https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-scaling.html
_OCUS, _USD_PER_OCU_HOUR, _HOURS = Decimal(1), Decimal("0.24"), 730
_OCU_SOURCE = "https://aws.amazon.com/opensearch-service/pricing/"
_EXAMPLE_PASSAGES, _EXAMPLE_BYTES = 100_000, 4 * 1024 + 2 * 1024  # a vector of 1,024 numbers, and its text


def add_commands(groups: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the group `knowledge` to the command line."""
    commands = groups.add_parser("knowledge", help="the Knowledge Base").add_subparsers(
        required=True, metavar="command"
    )
    sync = commands.add_parser(
        "sync", help="compare bucket, records and Knowledge Base; ingest and delete what differs"
    )
    sync.add_argument("--dry-run", action="store_true", help="only say what would be done")
    sync.add_argument("--retry-failed", action="store_true", help="ingest FAILED documents again, too")
    sync.set_defaults(run=_sync)
    price = commands.add_parser("price", help="what each vector store costs a month, also when nobody asks")
    price.set_defaults(run=_price)


def _sync(options: argparse.Namespace) -> None:
    found = Counter(
        _service(options.stack_prefix).sync(
            _output(options, "DocumentsBucketName"), retry_failed=options.retry_failed, dry=options.dry_run
        )
    )
    for finding in Finding:
        print(f"{found[finding]:>8,}  {finding}")
    if options.dry_run:
        print("nothing was changed (--dry-run)")
    elif found[Finding.INGEST] or found[Finding.DELETE] or found[Finding.UNDER_WAY]:
        print("the worker goes on with them; GET /documents tells how far it is")


def _service(stack_prefix: str) -> SyncKnowledge:
    def output(name: str) -> str:
        return stack_output(name, stack_prefix=stack_prefix)

    records = DynamoDbKnowledgeRecords(aws_clients.dynamodb(), table=output("DocumentsTableName"))
    register = DropRegister(
        documents=records,
        clients=DynamoDbClientDirectory(aws_clients.dynamodb(), table=output("ClientsTableName")),
        default_tenant=output("KnowledgeDefaultTenant"),
    )
    base = BedrockKnowledgeBase(
        aws_clients.bedrock_agent(),
        knowledge_base_id=output("KnowledgeBaseId"),
        data_source_id=output("KnowledgeDataSourceId"),
    )
    return SyncKnowledge(
        register=register,
        records=records,
        objects=S3KnowledgeObjects(aws_clients.s3()),
        knowledge_base=base,
        checks=SqsKnowledgeChecks(aws_clients.sqs(), queue_url=output("KnowledgeQueueUrl")),
    )


def _output(options: argparse.Namespace, name: str) -> str:
    return stack_output(name, stack_prefix=options.stack_prefix)


def idle_usd(vector_store: str) -> Decimal:
    """What a vector store costs a month, in USD, while nothing is stored and nobody asks."""
    return _OCUS * _USD_PER_OCU_HOUR * _HOURS if vector_store == "opensearch_serverless" else Decimal(0)


def _price(options: argparse.Namespace) -> None:
    stored = _EXAMPLE_PASSAGES * _EXAMPLE_BYTES
    print(f"list prices of us-east-1, {AS_OF}, for a month of {_HOURS} hours")
    print("vector_store: s3_vectors")
    print("      $0.00  while nothing is stored and nobody asks")
    print(f"      ${VECTOR_STORAGE.of(stored):,.2f}  storage of {_EXAMPLE_PASSAGES:,} passages, about "
          f"{Decimal(stored) / GIGABYTE:,.1f} GB; requests by use ({VECTOR_STORAGE.source})")  # fmt: skip
    print("vector_store: opensearch_serverless")
    idle = idle_usd("opensearch_serverless")
    print(f"    ${idle:,.2f}  {_OCUS} OCU at ${_USD_PER_OCU_HOUR} an hour, asked or not; no standby ({_OCU_SOURCE})")
