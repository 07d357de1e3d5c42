"""The operations of `bedrock` that list models and inference profiles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.bedrock.errors import ResourceNotFoundError, ValidationError
from local.bedrock.model_directory import PROVIDERS, Model, ModelDirectory, foundation_model_id
from local.bedrock.request_shape import operation, read_query
from local.bedrock.response_shape import HttpAnswer, write_result
from local.environment import ACCOUNT

LAUNCH = datetime(2024, 1, 1, tzinfo=UTC)
Query = Mapping[str, str]


class ControlApi:
    """Answers ListFoundationModels, GetFoundationModel, ListInferenceProfiles and GetInferenceProfile."""

    def __init__(self, models: ModelDirectory) -> None:
        self._models = models

    def list_foundation_models(self, name: str, query: Query, region: str) -> HttpAnswer:
        """All models of the catalogue that pass the request's filters."""
        model = operation("bedrock", "ListFoundationModels")
        wanted = read_query(model, query)
        summaries = [_summary(entry, region) for entry in self._models]
        return write_result(model, {"modelSummaries": [each for each in summaries if _passes(each, wanted)]}, {})

    def get_foundation_model(self, name: str, query: Query, region: str) -> HttpAnswer:
        """One model; also one that the catalogue does not hold, as long as its provider is known."""
        model = operation("bedrock", "GetFoundationModel")
        read_query(model, query, modelIdentifier=name)
        if not self._models.knows(name):
            raise ValidationError("The provided model identifier is invalid.")
        return write_result(model, {"modelDetails": _summary(self._models.find(name), region)}, {})

    def list_inference_profiles(self, name: str, query: Query, region: str) -> HttpAnswer:
        """The catalogue's system-defined profiles, in pages."""
        model = operation("bedrock", "ListInferenceProfiles")
        wanted = read_query(model, query)
        size, start = wanted.get("maxResults", 1000), wanted.get("nextToken", "0")
        if not start.isdigit():
            raise ValidationError("nextToken is not one that an earlier answer gave.")
        none_made = wanted.get("typeEquals") == "APPLICATION"  # nothing makes such profiles locally
        profiles = [] if none_made else self._profiles(region)
        begin, end = int(start), int(start) + size
        result: dict[str, Any] = {"inferenceProfileSummaries": profiles[begin:end]}
        if end < len(profiles):
            result["nextToken"] = str(end)
        return write_result(model, result, {})

    def get_inference_profile(self, name: str, query: Query, region: str) -> HttpAnswer:
        """One profile, by id or ARN."""
        model = operation("bedrock", "GetInferenceProfile")
        read_query(model, query, inferenceProfileIdentifier=name)
        prefix, _, rest = name.rsplit("/", 1)[-1].partition(".")
        if foundation_model_id(f"{prefix}.{rest}") != rest or not self._models.knows(rest):
            raise ResourceNotFoundError(f"Inference profile {name} not found")
        return write_result(model, _profile(prefix, self._models.find(rest), region), {})

    def _profiles(self, region: str) -> list[dict[str, Any]]:
        return [_profile(prefix, model, region) for model in self._models for prefix in model.profiles]


def _passes(summary: Mapping[str, Any], wanted: Query) -> bool:
    return (
        wanted.get("byProvider", summary["providerName"]).lower() == summary["providerName"].lower()
        and wanted.get("byOutputModality", summary["outputModalities"][0]) in summary["outputModalities"]
        and wanted.get("byInferenceType", "ON_DEMAND") in summary["inferenceTypesSupported"]
        and "byCustomizationType" not in wanted
    )


def _arn(model: Model, region: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model.model_id}"


def _summary(model: Model, region: str) -> dict[str, Any]:
    facts = model.facts
    images = "image" in model.model_id or model.provider == "stability"
    lifecycle = facts.get("lifecycle", "active")
    status = lifecycle.get("status", "active") if isinstance(lifecycle, Mapping) else lifecycle
    output = "EMBEDDING" if model.embeds else "IMAGE" if images else "TEXT"
    return {
        "modelArn": _arn(model, region),
        "modelId": model.model_id,
        "modelName": str(facts.get("name", model.model_id)),
        "providerName": PROVIDERS.get(model.provider, model.provider),
        "inputModalities": ["TEXT"],
        "outputModalities": [output],
        "responseStreamingSupported": output == "TEXT",
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"] + (["INFERENCE_PROFILE"] if model.profiles else []),
        "modelLifecycle": {"status": "ACTIVE" if str(status).lower() == "active" else "LEGACY"},
    }


def _profile(prefix: str, model: Model, region: str) -> dict[str, Any]:
    profile_id = f"{prefix}.{model.model_id}"
    return {
        "inferenceProfileName": f"{prefix.upper()} {model.facts.get('name', model.model_id)}",
        "description": f"Routes requests to {model.model_id}; locally all of them are answered here.",
        "createdAt": LAUNCH,
        "updatedAt": LAUNCH,
        "inferenceProfileArn": f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{profile_id}",
        "models": [{"modelArn": _arn(model, region)}],
        "inferenceProfileId": profile_id,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
