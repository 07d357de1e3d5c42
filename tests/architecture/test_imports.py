"""Who may import whom: the table in CONTRIBUTING.md, held by reading the sources."""

from __future__ import annotations

import sys

import pytest

from tests.architecture.source import Module, modules

DOMAIN, SERVICES, ADAPTERS, RUNTIME = (
    f"lambdas.shared.{layer}" for layer in ("domain", "services", "adapters", "runtime")
)
AWS = {"boto3", "botocore"}

ALLOWED: dict[str, tuple[str, ...]] = {
    "lambdas/shared/domain/": (DOMAIN,),
    "lambdas/shared/services/vectors/": (DOMAIN, SERVICES, "numpy", "sklearn", "threadpoolctl"),
    "lambdas/shared/services/": (DOMAIN, SERVICES),
    # parsers meet hostile files: they run in a process of their own, and nothing else imports them
    "lambdas/shared/adapters/text_readers/": (DOMAIN, ADAPTERS, "charset_normalizer", "lxml", "olefile", "pypdf"),
    "lambdas/shared/adapters/": (DOMAIN, ADAPTERS, "boto3", "botocore", "msgspec"),
    "lambdas/shared/runtime/": (DOMAIN, RUNTIME, "msgspec", "aws_lambda_powertools"),
    # the API's description is generated from what every capability decodes, encodes and raises
    "ops/openapi/": ("lambdas", "ops", "msgspec"),
    "ops/": (DOMAIN, SERVICES, ADAPTERS, "ops", "boto3", "botocore", "msgspec"),
    "stacks/": ("stacks", "aws_cdk", "cdk_nag", "constructs", "jsii"),
    "app.py": ("stacks", "aws_cdk"),
    "local/": (
        "local",
        "boto3",
        "botocore",
        "moto",
        "werkzeug",
        "wordllama",
        "jsonata",
        "pypdf",
        "numpy",
        "jsonschema",
    ),
}


def allowed_for(module: Module) -> tuple[str, ...]:
    for prefix, allowed in ALLOWED.items():
        if module.path.startswith(prefix):
            return allowed
    parts = module.path.split("/")
    assert parts[0] == "lambdas", f"{module.path}: no import rule covers this file"
    own = f"lambdas.{parts[1]}"
    return (DOMAIN, SERVICES, ADAPTERS, RUNTIME, own, "msgspec", "numpy")


def within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in allowed)


@pytest.mark.parametrize("module", modules("lambdas", "stacks", "local", "ops"), ids=lambda module: module.path)
def test_a_module_imports_only_what_its_layer_may(module: Module) -> None:
    outside = sorted(
        name
        for name in module.imports()
        if name.split(".")[0] not in sys.stdlib_module_names and not within(name, allowed_for(module))
    )
    assert not outside, f"{module.path} reaches through the wall: {outside}"


def test_only_the_runtime_reads_the_environment() -> None:
    readers = {
        module.path
        for module in modules("lambdas")
        if "os.environ" in module.text or "os.getenv" in module.text
        if not module.path.startswith("lambdas/shared/runtime/")
    }
    assert not readers


def test_only_one_module_makes_aws_clients() -> None:
    makers = {
        module.path
        for module in modules("lambdas")
        if any(call in module.text for call in ("boto3.client(", "boto3.resource(", ".create_client("))
    }
    assert makers == {"lambdas/shared/adapters/aws_clients.py"}


@pytest.mark.parametrize(
    ("adapter", "file", "meter", "argument"),
    [
        ("BedrockChatModel", "bedrock_chat_model.py", "MeteredModels", "models"),
        ("BedrockTextEmbedder", "bedrock_text_embedder.py", "MeteredEmbeddings", "embedder"),
        ("BedrockReranker", "bedrock_reranker.py", "MeteredReranker", "reranker"),
    ],
)
def test_models_are_wired_only_into_the_choke_point(adapter: str, file: str, meter: str, argument: str) -> None:
    """Where the adapter is named outside its own file, the very call is an argument of what meters it."""
    for module in modules("lambdas"):
        if module.path.endswith(f"/{file}") or adapter not in module.text:
            continue
        uses = module.text.count(f"{adapter}(")
        wired = module.text.count(f"{meter}(")
        assert uses == wired, f"{module.path}: a Bedrock adapter outside {meter}"
        assert f"{argument}={adapter}(" in module.text.replace("\n", "").replace(" ", ""), module.path


def test_no_module_of_the_domain_knows_aws() -> None:
    for module in modules("lambdas/shared/domain", "lambdas/shared/services"):
        assert not {name.split(".")[0] for name in module.imports()} & (AWS | {"os", "msgspec"}), module.path
