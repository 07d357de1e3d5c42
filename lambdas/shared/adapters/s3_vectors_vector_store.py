"""The vectors of collections in Amazon S3 Vectors: one vector bucket, an index for each collection.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from lambdas.shared.adapters.prepared_bodies import body_of, write_bodies
from lambdas.shared.adapters.s3_vectors_filter import filter_document
from lambdas.shared.domain.collection import CollectionShape
from lambdas.shared.domain.errors import (
    FieldError,
    InvalidInputError,
    NotFoundError,
    StoreUnavailableError,
    TooManyCollectionsError,
)
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.vector_store import ItemPage, Neighbour, StoredItem, VectorItem

TEXT_KEY = "quarry_text"
_MOST_PER_CALL = 500
# A request has at most 20 MiB; a number takes up to 24 characters of JSON.
_MOST_BYTES = 16 * 2**20
_BYTES_PER_NUMBER = 24
# What botocore is given to serialize; S3 Vectors would refuse it, so it can never be stored in place of the real ones.
_STAND_IN: list[dict[str, Any]] = [{"key": "-", "data": {"float32": []}}]
_LATER = frozenset(
    {"TooManyRequestsException", "ServiceUnavailableException", "InternalServerException", "RequestTimeoutException"}
)


class S3VectorsVectorStore:
    """`VectorStore`. `client` is botocore's of `s3vectors`. The text stands under a key that no filter may name."""

    def __init__(self, client: Any, *, bucket_arn: str) -> None:
        self._client = client
        self._bucket_arn = bucket_arn
        write_bodies(client, "PutVectors")

    def create_index(self, index: str, shape: CollectionShape) -> None:
        with _translated():
            try:
                self._client.create_index(
                    vectorBucketArn=self._bucket_arn,
                    indexName=index,
                    dataType="float32",
                    dimension=shape.dimensions,
                    distanceMetric=shape.metric,
                    metadataConfiguration={"nonFilterableMetadataKeys": [TEXT_KEY]},
                )
            except ClientError as error:
                if _code(error) == "ServiceQuotaExceededException":
                    raise TooManyCollectionsError(
                        "The deployment's vector bucket takes no more collections; delete some, of any tenant."
                    ) from error
                if _code(error) != "ConflictException":  # there already: an earlier try got that far
                    raise

    def delete_index(self, index: str) -> None:
        try:
            with _translated():
                self._client.delete_index(indexArn=self._arn(index))
        except NotFoundError:
            return

    def put(self, index: str, items: Sequence[VectorItem]) -> None:
        for batch in _batches(items):
            vectors = [
                {"key": item.id, "data": {"float32": item.vector}, "metadata": _attached(item)} for item in batch
            ]
            with _translated(), body_of({"indexArn": self._arn(index), "vectors": vectors}):
                self._client.put_vectors(indexArn=self._arn(index), vectors=_STAND_IN)

    def delete(self, index: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _MOST_PER_CALL):
            with _translated():
                self._client.delete_vectors(indexArn=self._arn(index), keys=list(ids[start : start + _MOST_PER_CALL]))

    def page(self, index: str, *, limit: int, cursor: str | None) -> ItemPage:
        more = {"nextToken": cursor} if cursor is not None else {}
        try:
            with _translated():
                found = self._client.list_vectors(
                    indexArn=self._arn(index), maxResults=limit, returnMetadata=True, **more
                )
        except ClientError as error:
            if cursor is None or _code(error) != "ValidationException":
                raise
            remedy = "a page's next_cursor, unchanged"
            raise InvalidInputError(f"/cursor: must be {remedy}.", errors=(FieldError("/cursor", remedy),)) from error
        items = tuple(StoredItem(each["key"], *_detached(each)) for each in found["vectors"])
        return ItemPage(items, found.get("nextToken"))

    def query(
        self, index: str, vector: Sequence[float], *, top_k: int, where: MetadataFilter | None
    ) -> list[Neighbour]:
        narrowed = {"filter": filter_document(where)} if where is not None else {}
        with _translated():
            found = self._client.query_vectors(
                indexArn=self._arn(index),
                queryVector={"float32": list(vector)},
                topK=top_k,
                returnDistance=True,
                returnMetadata=True,
                **narrowed,
            )
        return [Neighbour(each["key"], each["distance"], *_detached(each)) for each in found["vectors"]]

    def _arn(self, index: str) -> str:
        return f"{self._bucket_arn}/index/{index}"


@contextmanager
def _translated() -> Iterator[None]:
    """Errors that a caller can do something about, in the words of the domain; others are defects and stay."""
    try:
        yield
    except ClientError as error:
        if _code(error) == "NotFoundException":
            raise NotFoundError("There is no such collection (any more).") from error
        if _code(error) in _LATER:
            raise StoreUnavailableError(f"Vectors are not answered right now ({_code(error)}); try again.") from error
        raise
    except ParamValidationError:  # a defect of ours, which another try would only meet again
        raise
    except BotoCoreError as error:
        raise StoreUnavailableError(f"Vectors cannot be reached ({type(error).__name__}); try again.") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _batches(items: Sequence[VectorItem]) -> Iterator[list[VectorItem]]:
    """Calls within the limits of one request, by count and by bytes."""
    batch: list[VectorItem] = []
    room = _MOST_BYTES
    for item in items:
        # escaped as JSON by botocore, a character takes up to 6 bytes within the BMP and 12 beyond
        size = len(item.vector) * _BYTES_PER_NUMBER + 6 * len((item.text or "").encode("utf-16-le")) // 2 + 16_384
        if batch and (len(batch) == _MOST_PER_CALL or size > room):
            yield batch
            batch, room = [], _MOST_BYTES
        batch.append(item)
        room -= size
    if batch:
        yield batch


def _attached(item: VectorItem) -> dict[str, Any]:
    return dict(item.metadata) if item.text is None else {**item.metadata, TEXT_KEY: item.text}


def _detached(vector: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    metadata = dict(vector.get("metadata") or {})
    return metadata.pop(TEXT_KEY, None), metadata
