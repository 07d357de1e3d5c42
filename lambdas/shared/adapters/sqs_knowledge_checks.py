"""Another look at documents of the Knowledge Base, as delayed messages in the queue that tells of drops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from lambdas.shared.domain.knowledge.records import DocumentRef

# Most documents are indexed within seconds; a large one is not asked for more often than each minute and a half.
_DELAYS = (4, 8, 15, 30, 60, 90)


class CheckedDocument(msgspec.Struct):
    tenant: Annotated[str, msgspec.Meta(min_length=1)]
    document_id: Annotated[str, msgspec.Meta(min_length=1)]


class Check(msgspec.Struct, tag_field="quarry", tag="knowledge-check"):
    """`round`: how often these were looked at before."""

    documents: list[CheckedDocument]
    round: Annotated[int, msgspec.Meta(ge=0)]


_DECODER = msgspec.json.Decoder(Check)


class SqsKnowledgeChecks:
    """`KnowledgeChecks`. `client` is boto3's of `sqs`."""

    def __init__(self, client: Any, *, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def later(self, documents: Sequence[DocumentRef], *, round_number: int) -> None:
        check = Check([CheckedDocument(*each) for each in documents], round_number)
        delay = _DELAYS[min(round_number, len(_DELAYS) - 1)]
        self._client.send_message(
            QueueUrl=self._queue_url, MessageBody=msgspec.json.encode(check).decode(), DelaySeconds=delay
        )


def check_from(body: str | bytes) -> tuple[list[DocumentRef], int] | None:
    """The documents and the round of such a message; None for any other message."""
    try:
        check = _DECODER.decode(body)
    except msgspec.DecodeError:
        return None
    return [DocumentRef(each.tenant, each.document_id) for each in check.documents], check.round
