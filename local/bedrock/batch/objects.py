"""S3 as a batch job sees it: moto's own store, without HTTP: faults of S3 calls do not strike Bedrock itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.s3.models import s3_backends

from local.bedrock.batch.job import JobFailedError
from local.environment import ACCOUNT

_PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Location:
    """`s3://bucket/key`; `key` is an object's or the head of many, and may be empty."""

    bucket: str
    key: str

    @classmethod
    def of(cls, uri: str) -> Location:
        """From a URI that the service model has checked."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return cls(bucket, key)

    @property
    def folder(self) -> str:
        """The key as a prefix that ends at a slash; empty for a whole bucket."""
        return self.key if not self.key or self.key.endswith("/") else f"{self.key}/"


def readable_bucket(config: dict[str, Any], region: str) -> Any:
    """The input's bucket; raises JobFailedError where there is none, another account's or another region's."""
    place = Location.of(config["s3Uri"])
    # https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-troubleshooting.html has these words
    refusal = f"Could not validate GetObject permissions to access Amazon S3 bucket: {place.bucket} at key {place.key}"
    return _bucket(config, place, region, refusal)


def writable_bucket(config: dict[str, Any], region: str) -> Any:
    """The output's bucket; raises JobFailedError as above."""
    place = Location.of(config["s3Uri"])
    refusal = (
        "Amazon S3 perms missing (PutObject): Could not validate PutObject permissions to access S3 bucket: "
        f"{place.bucket} at key {place.folder}.write_access_check_file.tmp"
    )
    return _bucket(config, place, region, refusal)


def _bucket(config: dict[str, Any], place: Location, region: str, refusal: str) -> Any:
    bucket = s3_backends[ACCOUNT][_PARTITION].buckets.get(place.bucket)
    if bucket is None or config.get("s3BucketOwner", ACCOUNT) != ACCOUNT:
        raise JobFailedError(refusal)
    if bucket.region_name != region:
        raise JobFailedError(
            f"{refusal}. The bucket is in {bucket.region_name}; it must be in the job's Region, {region}."
        )
    return bucket


def objects_under(bucket: Any, prefix: str) -> list[Any]:
    """Objects whose keys begin so, by key; each has `name`, `size` and `value`."""
    found: list[Any] = s3_backends[ACCOUNT][_PARTITION].list_objects(bucket, prefix, None, None, None)[0]
    return list(found)


def put(bucket: Any, key: str, data: bytes) -> None:
    """Store an object; S3 tells its events as for any other."""
    s3_backends[ACCOUNT][_PARTITION].put_object(bucket.name, key, data)
