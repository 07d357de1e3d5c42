"""S3 -> EventBridge -> SQS: the events of objects in AWS's shape, for every way of writing and deleting."""

from __future__ import annotations

import json
import re

import pytest

from local.cloud import deploy
from local.cloud.seams.object_events import next_sequencer
from tests.integration.local_cloud.support import until, write_assembly

KEYS = [
    "inbox/plain.txt",
    "inbox/with space+plus.txt",
    "inbox/연구 보고서.txt",
    "inbox/a%2Fb.txt",
    "inbox/ümlaut&=?.md",
]


@pytest.fixture
def site(cloud, tmp_path, unique):
    """A versioned bucket whose inbox is watched by a rule with a queue."""
    resources = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": unique,
                "VersioningConfiguration": {"Status": "Enabled"},
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.s3"],
                    "detail": {"bucket": {"name": [{"Ref": "Bucket"}]}, "object": {"key": [{"prefix": "inbox/"}]}},
                },
                "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
            },
        },
    }
    deployment = deploy(write_assembly(tmp_path / "out", {unique: {"Resources": resources}}), cloud)
    return Site(cloud, unique, deployment.of_type("AWS::SQS::Queue")[0].physical_id)


class Site:
    def __init__(self, cloud, bucket, url):
        self.s3, self.sqs, self.bucket, self.url = cloud.client("s3"), cloud.client("sqs"), bucket, url

    def next_event(self):
        found = until(lambda: self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=1).get("Messages"))[0]
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=found["ReceiptHandle"])
        return json.loads(found["Body"])

    def is_quiet(self):
        return "Messages" not in self.sqs.receive_message(QueueUrl=self.url)


def test_an_event_has_the_documented_shape(site):
    stored = site.s3.put_object(Bucket=site.bucket, Key="inbox/a.txt", Body=b"hello")
    event = site.next_event()
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert (event["detail-type"], event["source"], event["region"]) == ("Object Created", "aws.s3", "us-east-1")
    assert event["resources"] == [f"arn:aws:s3:::{site.bucket}"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    detail = event["detail"]
    sequencer = detail["object"].pop("sequencer")
    assert re.fullmatch(r"[0-9A-F]{16,}", sequencer)
    assert detail["object"] == {
        "key": "inbox/a.txt",
        "size": 5,
        "etag": stored["ETag"].strip('"'),
        "version-id": stored["VersionId"],
    }
    assert re.fullmatch(r"[0-9A-Z]{16}", detail.pop("request-id"))
    detail.pop("object")
    assert detail == {
        "version": "0",
        "bucket": {"name": site.bucket},
        "requester": "123456789012",
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    }


@pytest.mark.parametrize("key", KEYS, ids=["plain", "space", "korean", "percent", "punctuation"])
def test_the_key_is_not_encoded(site, key):
    site.s3.put_object(Bucket=site.bucket, Key=key, Body=b"x")
    assert site.next_event()["detail"]["object"]["key"] == key


def test_copy_and_multipart_have_their_reasons_and_one_event_each(site):
    site.s3.put_object(Bucket=site.bucket, Key="outside.txt", Body=b"x")
    site.s3.copy_object(Bucket=site.bucket, Key="inbox/copy.txt", CopySource=f"{site.bucket}/outside.txt")
    copied = site.next_event()["detail"]
    assert (copied["reason"], copied["object"]["key"]) == ("CopyObject", "inbox/copy.txt")
    place = {"Bucket": site.bucket, "Key": "inbox/parts.bin"}
    upload = site.s3.create_multipart_upload(**place)["UploadId"]
    part = site.s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"x" * 10)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    site.s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    completed = site.next_event()["detail"]
    assert (completed["reason"], completed["object"]["size"]) == ("CompleteMultipartUpload", 10)
    assert site.is_quiet()


def test_what_the_pattern_leaves_out_is_not_sent(site):
    site.s3.put_object(Bucket=site.bucket, Key="elsewhere/a.txt", Body=b"x")
    assert site.is_quiet()


def test_deletions_tell_markers_from_permanent_ones(site):
    version = site.s3.put_object(Bucket=site.bucket, Key="inbox/a.txt", Body=b"x")["VersionId"]
    site.next_event()
    marker = site.s3.delete_object(Bucket=site.bucket, Key="inbox/a.txt")["VersionId"]
    hidden = site.next_event()
    assert hidden["detail-type"] == "Object Deleted"
    assert hidden["detail"]["deletion-type"] == "Delete Marker Created"
    assert hidden["detail"]["object"]["version-id"] == marker
    assert hidden["detail"]["reason"] == "DeleteObject"
    site.s3.delete_object(Bucket=site.bucket, Key="inbox/a.txt", VersionId=version)
    gone = site.next_event()
    assert gone["detail"]["deletion-type"] == "Permanently Deleted"
    assert gone["detail"]["object"]["version-id"] == version
    assert site.is_quiet()


def test_sequencers_grow_strictly_as_numbers_and_as_texts():
    made = [next_sequencer() for _ in range(2000)]
    assert made == sorted(set(made))
    assert [int(text, 16) for text in made] == sorted(int(text, 16) for text in made)
