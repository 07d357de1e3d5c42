"""S3's events as EventBridge delivers them: an object was created in a versioned bucket, or deleted from it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject

_Filled = Annotated[str, msgspec.Meta(min_length=1)]


class EventBucket(msgspec.Struct):
    name: _Filled


class EventObject(msgspec.Struct, rename={"version_id": "version-id"}):
    """EventBridge gives the key as it is; only S3's own notifications encode it. `version-id` is missing where the
    bucket is not versioned, and then nothing can be promised. A deleted object has no size."""

    key: _Filled
    version_id: _Filled
    sequencer: Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]+$")]
    size: Annotated[int, msgspec.Meta(ge=0)] = 0


class CreatedDetail(msgspec.Struct):
    bucket: EventBucket
    object: EventObject


class DeletedDetail(msgspec.Struct, rename={"deletion_type": "deletion-type"}):
    """Lifecycle rules delete too, and say so in a field of their own; what it means is the same."""

    bucket: EventBucket
    object: EventObject
    deletion_type: Literal["Delete Marker Created", "Permanently Deleted"]


class ObjectCreated(msgspec.Struct, tag_field="detail-type", tag="Object Created"):
    detail: CreatedDetail


class ObjectDeleted(msgspec.Struct, tag_field="detail-type", tag="Object Deleted"):
    detail: DeletedDetail


_DECODER = msgspec.json.Decoder(ObjectCreated | ObjectDeleted)


def object_event_from(body: str | bytes) -> DroppedObject | DeletedObject:
    """What one event tells. Raises msgspec.DecodeError for anything else; its text says what is missing and where, and
    quotes nothing but the event's type."""
    event = _DECODER.decode(body)
    stored = event.detail.object
    version = DroppedObject(
        bucket=event.detail.bucket.name,
        key=stored.key,
        version_id=stored.version_id,
        sequencer=stored.sequencer,
        size=stored.size,
    )
    if isinstance(event, ObjectCreated):
        return version
    return DeletedObject(version, permanent=event.detail.deletion_type == "Permanently Deleted")
