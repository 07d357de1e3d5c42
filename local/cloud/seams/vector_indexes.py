"""S3 Vectors' indexes: moto keeps buckets, policies and tags; indexes, their vectors and queries are `local.vectors`.

moto has no QueryVectors, no limits, no pages, and keeps no metadata configuration.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NoReturn

from moto.core.responses import ActionResult
from moto.s3vectors import urls
from moto.s3vectors.models import S3VectorsBackend, s3vectors_backends
from moto.s3vectors.responses import S3VectorsResponse

from local.cloud.seams.patching import replace
from local.vectors.errors import VectorsConflictError, VectorsQuotaError, VectorsValidationError
from local.vectors.store import StoredVector, VectorIndex

MAX_INDEXES = 10_000
_INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class IndexRecord:
    """What GetIndex tells of an index, under the names that moto's serializer looks for; `contents` are its vectors."""

    def __init__(self, bucket: Any, name: str, contents: VectorIndex) -> None:
        self._bucket = bucket
        self.vector_bucket_name = bucket.vector_bucket_name
        self.index_name = name
        self.index_arn = f"{bucket.vector_bucket_arn}/index/{name}"
        self.creation_time = datetime.datetime.now(datetime.UTC)
        self.data_type = "float32"
        self.dimension = contents.dimension
        self.distance_metric = contents.metric
        self.metadata_configuration = {"nonFilterableMetadataKeys": list(contents.non_filterable)}
        self.encryption_configuration = bucket.encryption_configuration
        self.index_mode = "ENHANCED"
        self.contents = contents


def find_index(index_arn: str) -> VectorIndex:
    """The vectors of an index; raises moto's NotFoundException where there is none."""
    account = index_arn.split(":")[4]
    contents: VectorIndex = s3vectors_backends[account]["aws"].get_index("", "", index_arn).contents
    return contents


def create_index(backend: Any, given: Mapping[str, Any]) -> IndexRecord:
    """CreateIndex with the API's parameters; raises the service's errors."""
    bucket = backend.get_vector_bucket(given.get("vectorBucketName"), given.get("vectorBucketArn"))
    name = str(given["indexName"])
    if not _INDEX_NAME.fullmatch(name):
        raise VectorsValidationError("Invalid index name")
    if given["dataType"] != "float32":
        raise VectorsValidationError("dataType must satisfy enum value set: [float32]")
    keys = (given.get("metadataConfiguration") or {}).get("nonFilterableMetadataKeys") or []
    if len(keys) > 10 or not all(1 <= len(key) <= 63 for key in keys):
        raise VectorsValidationError("nonFilterableMetadataKeys must have at most 10 keys of 1 to 63 characters")
    contents = VectorIndex(dimension=given["dimension"], metric=given["distanceMetric"], non_filterable=keys)
    record = IndexRecord(bucket, name, contents)
    if record.index_arn in bucket.indexes:
        raise VectorsConflictError("An index with the specified name already exists")
    if len(bucket.indexes) >= MAX_INDEXES:
        raise VectorsQuotaError("You have reached the maximum number of vector indexes in this vector bucket")
    bucket.indexes[record.index_arn] = record
    if tags := given.get("tags"):
        backend.tag_resource(record.index_arn, tags)
    return record


def _create(response: Any) -> ActionResult:
    names = ("vectorBucketName", "vectorBucketArn", "indexName", "dataType", "dimension", "distanceMetric")
    given = {name: response._get_param(name) for name in (*names, "metadataConfiguration", "tags")}
    return ActionResult({"indexArn": create_index(response.s3vectors_backend, given).index_arn})


def _index_of(response: Any) -> VectorIndex:
    arn, name, bucket = (response._get_param(each) for each in ("indexArn", "indexName", "vectorBucketName"))
    response._validate_index_params(arn, name, bucket)
    contents: VectorIndex = response.s3vectors_backend.get_index(bucket, name, arn).contents
    return contents


def _put(response: Any) -> ActionResult:
    vectors = [
        StoredVector(each["key"], each["data"]["float32"], each.get("metadata") or {})
        for each in response._get_param("vectors")
    ]
    _index_of(response).put(vectors)
    return ActionResult({})


def _get(response: Any) -> ActionResult:
    return ActionResult({"vectors": _shown(response, _index_of(response).get(response._get_param("keys")))})


def _list(response: Any) -> ActionResult:
    if response._get_param("segmentCount") is not None:
        raise VectorsValidationError("The local S3 Vectors does not emulate segments; leave them out.")
    size, token = response._get_param("maxResults"), response._get_param("nextToken")
    page, more = _index_of(response).page(size=500 if size is None else size, token=token)
    return ActionResult({"vectors": _shown(response, page), "nextToken": more})


def _shown(response: Any, vectors: Sequence[StoredVector]) -> list[dict[str, Any]]:
    with_data, with_metadata = response._get_param("returnData"), response._get_param("returnMetadata")
    return [
        {
            "key": each.key,
            "data": {"float32": [float(str(number)) for number in each.data]} if with_data else None,
            "metadata": each.metadata if with_metadata else None,
        }
        for each in vectors
    ]


def _delete(response: Any) -> ActionResult:
    _index_of(response).delete(response._get_param("keys"))
    return ActionResult({})


def _query(response: Any) -> ActionResult:
    for name in ("queryTexts", "nextToken"):
        if response._get_param(name) is not None:
            raise VectorsValidationError(f"The local S3 Vectors does not emulate {name}; leave it out.")
    vector, index = response._get_param("queryVector"), _index_of(response)
    if vector is None:
        raise VectorsValidationError("A request must include queryVector, queryTexts, or both")
    found = index.query(vector["float32"], top_k=response._get_param("topK"), where=response._get_param("filter"))
    with_distance, with_metadata = response._get_param("returnDistance"), response._get_param("returnMetadata")
    shown = [
        {
            "key": each.key,
            "distance": each.distance if with_distance else None,
            "metadata": each.metadata if with_metadata else None,
        }
        for each in found
    ]
    return ActionResult({"vectors": shown, "distanceMetric": index.metric})


def _not_by_moto(_: Any) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("vectors are kept by local.vectors")

    return refuse


def _instead(answer: Callable[[Any], ActionResult], _original: Any) -> Callable[[Any], ActionResult]:
    return answer


@cache
def install() -> None:
    """Replace what concerns indexes; what moto would store itself must not be reached any more."""
    answers = {
        "create_index": _create,
        "put_vectors": _put,
        "get_vectors": _get,
        "list_vectors": _list,
        "delete_vectors": _delete,
    }
    for name, answer in answers.items():
        replace(S3VectorsResponse, name, partial(_instead, answer))
        replace(S3VectorsBackend, name, _not_by_moto)
    S3VectorsResponse.query_vectors = _query
    urls.url_paths.setdefault("{0}/QueryVectors$", S3VectorsResponse.dispatch)
