"""A second deploy is never blocked by the first, and changes nothing that did not change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.infrastructure.assembly import CONTEXT, ROOT, Assembly, nodes


def imports(assembly: Assembly, stack: str) -> set[tuple[str, str]]:
    """(stack, output) of every value that comes from another stack."""
    return {
        (node["Fn::GetStackOutput"]["StackName"], node["Fn::GetStackOutput"]["OutputName"])
        for node in nodes(assembly.templates[stack])
        if isinstance(node, dict) and "Fn::GetStackOutput" in node
    }


def test_no_stack_exports_anything(assembly: Assembly) -> None:
    """An exported value cannot change while another stack imports it."""
    for stack, template in assembly.templates.items():
        assert not [name for name, output in template.get("Outputs", {}).items() if "Export" in output], stack
        assert "Fn::ImportValue" not in json.dumps(template), stack


def test_layers_never_cross_a_stack(assembly: Assembly) -> None:
    changing = {each.logical_id for each in assembly.of("AWS::Lambda::LayerVersion")}
    for consumer in assembly.templates:
        for stack, output in imports(assembly, consumer):
            value = json.dumps(assembly.templates[stack.rpartition("-")[2].lower()]["Outputs"][output]["Value"])
            assert not [logical_id for logical_id in changing if f'"{logical_id}"' in value], f"{consumer}: {output}"


def test_every_import_names_an_output_that_exists(assembly: Assembly) -> None:
    used = {each for consumer in assembly.templates for each in imports(assembly, consumer)}
    assert used
    for stack, output in used:
        assert output in assembly.templates[stack.rpartition("-")[2].lower()]["Outputs"]


def test_stacks_deploy_after_what_they_import_from(assembly: Assembly) -> None:
    artifacts = json.loads((assembly.folder / "manifest.json").read_text())["artifacts"]
    for name in ("Quarry-Api", "Quarry-Bulk", "Quarry-Summaries"):
        assert {"Quarry-Storage", "Quarry-Guardrail"} <= set(artifacts[name]["dependencies"])


def test_a_changed_layer_changes_only_the_layer(assembly: Assembly, changed: Assembly) -> None:
    def layers(each: Assembly) -> dict[str, str]:
        versions = each.of("AWS::Lambda::LayerVersion")
        return {f"{layer.stack}/{layer.logical_id}": layer.properties["Content"]["S3Key"] for layer in versions}

    before, after = layers(assembly), layers(changed)
    assert before.keys() == after.keys() and not set(before.values()) & set(after.values())
    for stack in ("api", "bulk", "summaries"):
        assert steady(imports(assembly, stack)) == steady(imports(changed, stack))


def steady(imported: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without the guardrail's version, whose name holds the policy's fingerprint."""
    return {(stack, output) for stack, output in imported if "GuardrailVersion" not in output}


def test_a_changed_policy_reaches_every_function_that_asks_the_guardrail(assembly: Assembly, changed: Assembly) -> None:
    """CloudFormation looks a value up again only where the template has changed: so the version's name changes."""
    for handler in ("chat/turn", "summaries/infer", "bulk/collect_shard", "bulk/sweep_part"):
        before, after = (each.environment(handler)["GUARDRAIL_VERSION"] for each in (assembly, changed))
        assert "Fn::GetStackOutput" in before and "Fn::GetStackOutput" in after
        assert before["Fn::GetStackOutput"]["OutputName"] != after["Fn::GetStackOutput"]["OutputName"]


def test_every_stack_has_its_own_version_of_the_core_layer(assembly: Assembly) -> None:
    core = [layer for layer in assembly.of("AWS::Lambda::LayerVersion") if layer.path == "CoreLayer"]
    assert sorted(layer.stack for layer in core) == ["api", "bulk", "knowledge", "summaries"]
    assert len({layer.properties["Content"]["S3Key"] for layer in core}) == 1


def test_a_changed_policy_publishes_a_new_guardrail_version(assembly: Assembly, changed: Assembly) -> None:
    def versions(each: Assembly, of: str) -> set[str]:
        found = {version.logical_id for version in each.of("AWS::Bedrock::GuardrailVersion")}
        return {logical_id for logical_id in found if logical_id.startswith(of)}

    (before,), (after,) = (versions(each, "GuardrailVersion") for each in (assembly, changed))
    assert before != after
    # what has not changed is not published again
    assert versions(assembly, "GroundingVersion") == versions(changed, "GroundingVersion") != set()
    # the guardrail itself is updated in place
    assert assembly.at("Guardrail").logical_id == changed.at("Guardrail").logical_id


def test_old_guardrail_versions_stay(assembly: Assembly, changed: Assembly) -> None:
    for version in assembly.of("AWS::Bedrock::GuardrailVersion") + changed.of("AWS::Bedrock::GuardrailVersion"):
        assert (version.body["DeletionPolicy"], version.body["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_nothing_has_a_physical_name(assembly: Assembly) -> None:
    """A name that is taken, by what `retention: keep` left behind, would stop the next deploy."""
    properties = {
        "BucketName", "TableName", "QueueName", "FunctionName", "RoleName", "LogGroupName", "StateMachineName",
        "LayerName", "ManagedPolicyName",
    }  # fmt: skip
    for resource in assembly.resources:
        if resource.type in ("AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"):
            continue  # there it is a reference
        assert not properties & set(resource.properties), resource
        if resource.type == "AWS::Events::Rule":
            assert "Name" not in resource.properties, resource


def test_outputs_are_those_that_tools_look_for(assembly: Assembly) -> None:
    outputs = {
        "storage": {
            "ConversationsTableName", "ClientsTableName", "LedgerTableName", "IdempotencyTableName", "SlotsTableName",
            "DocumentsTableName", "BulkTableName", "CollectionsTableName", "VectorBucketArn",
            "DocumentsBucketName", "ResultsBucketName", "SummariesDeadLetterQueueUrl", "KnowledgeDeadLetterQueueUrl",
        },
        "guardrail": {"GuardrailId", "GuardrailVersion"},
        "api": {"ApiUrl", "BulkStartFunctionName"},
        "bulk": {"BulkStateMachineArn"},
        "knowledge": {
            "KnowledgeBaseId", "KnowledgeDataSourceId", "KnowledgeQueueUrl", "KnowledgeVectorStore",
            "KnowledgeDefaultTenant",
        },
        "summaries": {"SummariesQueueUrl", "SummariesStateMachineArn", "AnalystPolicyArn"},
    }  # fmt: skip
    for stack, expected in outputs.items():
        names = {name for name in assembly.templates[stack]["Outputs"] if not name.startswith("PublishOutput")}
        assert names == expected, stack


def test_cloudformations_own_rules_find_nothing(assembly: Assembly, changed: Assembly) -> None:
    for each in (assembly, changed):
        assert json.loads((each.folder / "validation-report.json").read_text())["pluginReports"] == []


def test_another_process_writes_the_very_same_templates_in_silence(assembly: Assembly, tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "PYTHONHASHSEED": "1234",
        "CDK_OUTDIR": str(tmp_path),
        "CDK_CONTEXT_JSON": json.dumps(CONTEXT),
    }
    result = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert Assembly(tmp_path).templates == assembly.templates
