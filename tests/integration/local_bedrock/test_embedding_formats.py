"""The embedding formats of Cohere and Amazon Nova by InvokeModel: answers, and what the provider's validator says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local_bedrock.test_invoke_model import cosine, invoke, refused, streamed

V3, V4 = "cohere.embed-multilingual-v3", "cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"


def cohere(*texts: Any, **more: Any) -> dict[str, Any]:
    return {"texts": list(texts), "input_type": "search_document", **more}


def nova(value: Any = "What is a quarry?", mode: str = "NONE", **more: Any) -> dict[str, Any]:
    text = {"truncationMode": mode, "value": value}
    return {
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {"embeddingPurpose": "GENERIC_INDEX", "text": text, **more},
    }


class TestCohere:
    def test_many_texts_in_one_call(self, runtime: Any) -> None:
        assert [len(row) for row in invoke(runtime, V3, cohere("one", "two"))["embeddings"]] == [1024, 1024]
        assert len(invoke(runtime, V3, cohere("one", embedding_types=["float"]))["embeddings"]["float"][0]) == 1024

    @pytest.mark.parametrize("dimensions", [256, 512, 1024, 1536, None])
    def test_version_4_has_as_many_dimensions_as_asked_for(self, runtime: Any, dimensions: int | None) -> None:
        more = {} if dimensions is None else {"output_dimension": dimensions}
        (row,) = invoke(runtime, V4, cohere("one", **more))["embeddings"]["float"]
        assert len(row) == (dimensions or 1536)
        assert math.isclose(cosine(row, row), 1, rel_tol=1e-4)

    @pytest.mark.parametrize(
        ("model", "body", "complaint"),
        [
            (V3, cohere(), "#/texts: expected 1 to 96 items, found: 0"),
            (V3, cohere(*["x"] * 97), "#/texts: expected 1 to 96 items, found: 97"),
            (V3, cohere("x", 5), "#/texts/1: expected type: String"),
            (V3, cohere("x", "y" * 2_049), "#/texts/1: expected maxLength: 2048, actual: 2049"),
            (V3, cohere("? " * 600), "Input is too long for requested model"),
            (V3, cohere("x", output_dimension=1024), "extraneous key [output_dimension]"),
            (V3, cohere("x", input_type="query"), "#/input_type: query is not a valid enum value"),
            (V3, {"texts": ["x"]}, "required key [input_type] not found"),
            (V3, cohere("x", truncate="LEFT"), "#/truncate: LEFT"),
            (V4, cohere("x", truncate="START"), "#/truncate: START"),
            (V4, cohere("x", output_dimension=300), "#/output_dimension: 300"),
            (V4, cohere("x", embedding_types=["int8"]), "#/embedding_types"),
        ],
    )
    def test_bad_bodies_are_named(self, runtime: Any, model: str, body: Any, complaint: str) -> None:
        assert complaint in refused(runtime, model, body)

    def test_a_text_is_cut_where_the_request_says_so(self, runtime: Any) -> None:
        assert invoke(runtime, V3, cohere("? " * 600, truncate="END"))["embeddings"]


class TestNova:
    @pytest.mark.parametrize("dimensions", [256, 384, 1024, 3072, None])
    def test_as_many_dimensions_as_asked_for(self, runtime: Any, dimensions: int | None) -> None:
        more = {} if dimensions is None else {"embeddingDimension": dimensions}
        (made,) = invoke(runtime, NOVA, nova(**more))["embeddings"]
        assert set(made) == {"embeddingType", "embedding"}
        assert (made["embeddingType"], len(made["embedding"])) == ("TEXT", dimensions or 3072)

    def test_what_was_cut_is_said(self, runtime: Any) -> None:
        (made,) = invoke(runtime, NOVA, nova("? " * 9_000, mode="END"))["embeddings"]
        assert 0 < made["truncatedCharLength"] < 18_000

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            (nova("? " * 9_000), "Too many input tokens"),
            (nova("x" * 50_001, mode="END"), "expected maxLength: 50000, actual: 50001"),
            (nova(""), "expected minLength: 1"),
            (nova(embeddingDimension=512), "#/singleEmbeddingParams/embeddingDimension: 512"),
            (nova(embeddingPurpose="SEARCH"), "#/singleEmbeddingParams/embeddingPurpose: SEARCH"),
            (nova(mode="CUT"), "#/singleEmbeddingParams/text/truncationMode: CUT"),
            (nova(5), "#/singleEmbeddingParams/text/value: expected type: string"),
            ({**nova(), "taskType": "MANY"}, "#/taskType: MANY"),
            ({"taskType": "SINGLE_EMBEDDING"}, "required key [singleEmbeddingParams]"),
        ],
    )
    def test_bad_bodies_are_named(self, runtime: Any, body: Any, complaint: str) -> None:
        assert complaint in refused(runtime, NOVA, body)


@pytest.mark.parametrize(("model", "body"), [(V3, cohere("x")), (NOVA, nova())])
def test_embeddings_are_not_streamed(runtime: Any, model: str, body: Any) -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        streamed(runtime, model, body)
