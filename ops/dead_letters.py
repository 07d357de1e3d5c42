"""The dead letters of the summaries' queue: why each is there, and how it goes back without being lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from lambdas.shared.adapters.s3_object_events import object_event_from

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# Out of sight of other readers, and of the next receive, while a command works on them.
_HIDDEN_SECONDS = 300
_BATCH = 10
# Asks all of SQS's servers: without a wait an answer may be empty by chance.
_WAIT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message. `readable`: the queue's function will understand it; `reason` quotes nothing of it but its type."""

    message_id: str
    receipt: str
    body: str
    readable: bool
    reason: str


class DeadLetters:
    """What lies in `url`; `queue_url` is where it came from."""

    def __init__(self, client: SQSClient, *, url: str, queue_url: str) -> None:
        self._client = client
        self._url = url
        self._queue_url = queue_url

    def count(self) -> int:
        """Roughly, as SQS counts."""
        names: Any = ["ApproximateNumberOfMessages"]
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def read(self, *, most: int) -> tuple[DeadLetter, ...]:
        """Up to `most`, left where they are."""
        found: list[DeadLetter] = []
        for batch in self._batches():
            found += batch
            if len(found) >= most:
                break
        self._release(found)
        return tuple(found[:most])

    def move_back(self, wanted: Callable[[DeadLetter], bool]) -> tuple[list[DeadLetter], list[DeadLetter]]:
        """What was moved and what was left. Sent first, then deleted: a crash in between doubles a message, which the
        function takes for the same event, and loses none."""
        moved: list[DeadLetter] = []
        left: list[DeadLetter] = []
        for batch in self._batches():
            sent = self._send([letter for letter in batch if wanted(letter)])
            self._delete(sent)
            moved += sent
            left += [letter for letter in batch if letter not in sent]
        self._release(left)
        return moved, left

    def _batches(self) -> Iterator[list[DeadLetter]]:
        while True:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageAttributeNames=["ERROR_CODE"],
            )
            if not answer.get("Messages"):
                return
            yield [_dead_letter(message) for message in answer["Messages"]]

    def _send(self, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
        if not letters:
            return []
        entries: Any = [{"Id": str(number), "MessageBody": each.body} for number, each in enumerate(letters)]
        answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        return [letters[int(each["Id"])] for each in answer.get("Successful", [])]

    def _delete(self, letters: Sequence[DeadLetter]) -> None:
        if letters:
            entries: Any = [{"Id": str(number), "ReceiptHandle": each.receipt} for number, each in enumerate(letters)]
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _release(self, letters: Sequence[DeadLetter]) -> None:
        for start in range(0, len(letters), _BATCH):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for number, each in enumerate(letters[start : start + _BATCH])
            ]
            self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _dead_letter(message: Mapping[str, Any]) -> DeadLetter:
    try:
        object_event_from(message["Body"])
        readable, reason = True, "its function failed at every delivery: see the log of SummariesStart"
    except msgspec.DecodeError as error:
        readable, reason = False, f"no event of S3 that can be read: {error}"
    code = message.get("MessageAttributes", {}).get("ERROR_CODE", {}).get("StringValue")
    if readable and code:
        reason = f"EventBridge could not deliver it: {code}"
    return DeadLetter(message["MessageId"], message["ReceiptHandle"], message["Body"], readable, reason)
