"""What tenants have chosen, in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_tenant_options import DynamoDbTenantOptions
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.summary_options import SummaryOptions

DEFAULT = SummaryOptions(style="brief", language="document")


@pytest.fixture
def options() -> Iterator[DynamoDbTenantOptions]:
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="clients",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoDbTenantOptions(boto3.client("dynamodb"), table="clients")


def test_who_has_chosen_nothing_gets_the_default(options: DynamoDbTenantOptions) -> None:
    assert options.options_of("acme", DEFAULT) == DEFAULT


def test_a_choice_is_over_the_default_and_of_one_tenant(options: DynamoDbTenantOptions) -> None:
    options.choose("acme", style="bullets", language="de")
    options.choose("acme", instructions="Be kind.")
    assert options.options_of("acme", DEFAULT) == SummaryOptions("bullets", "de", "Be kind.")
    assert options.options_of("globex", DEFAULT) == DEFAULT


def test_a_choice_can_be_taken_back(options: DynamoDbTenantOptions) -> None:
    options.choose("acme", style="bullets", language="de")
    options.choose("acme", style=None)
    assert options.options_of("acme", DEFAULT) == SummaryOptions("brief", "de")


def test_a_bad_choice_changes_nothing(options: DynamoDbTenantOptions) -> None:
    with pytest.raises(InvalidInputError, match="/language"):
        options.choose("acme", style="bullets", language="Deutsch")
    assert options.options_of("acme", DEFAULT) == DEFAULT
