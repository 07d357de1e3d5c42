"""The server: its port, its clients, its state."""

from __future__ import annotations

import socket

import pytest

from local.cloud import Cloud, PortBusyError


def test_a_busy_port_gets_one_clear_line():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortBusyError, match=rf"^port {port} on 127\.0\.0\.1 is in use by another program"):
            Cloud(port=port).start()


def test_port_zero_chooses_a_free_port_on_loopback(cloud):
    assert cloud.port > 0
    assert cloud.endpoint_url == f"http://127.0.0.1:{cloud.port}"


def test_every_api_answers_on_the_one_address(cloud):
    assert cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert "Buckets" in cloud.client("s3").list_buckets()
    assert "TableNames" in cloud.client("dynamodb").list_tables()


def test_a_client_is_made_once(cloud):
    assert cloud.client("s3") is cloud.client("s3")
