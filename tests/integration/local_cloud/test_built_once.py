"""moto's models, routers and workflow parsers are built once, however many threads ask."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from moto.core import responses, routing, utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.parser.asl.utils import json_path

from local.cloud.seams import install_all
from local.cloud.seams.service_models import built_once

DEFINITION = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}})


@pytest.fixture(autouse=True)
def seams() -> None:
    install_all()


def test_threads_that_ask_together_get_what_the_first_one_builds() -> None:
    built, inside = [], threading.Event()

    def build(name: str) -> object:
        built.append(name)
        inside.wait(0.2)
        return object()

    get = built_once(build)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(get, ["lambda"] * 8))
    assert len(set(map(id, found))) == 1
    assert built == ["lambda"]


def test_what_could_not_be_built_is_tried_again() -> None:
    outcomes = iter([OSError("disk"), "model"])

    def build(_: str) -> object:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    get = built_once(build)
    with pytest.raises(OSError):
        get("lambda")
    assert get("lambda") == "model"


def test_moto_asks_for_models_and_routers_through_it() -> None:
    """A probe: an upgrade that moves the names is noticed here."""
    assert utils.get_service_model("sqs") is routing.get_service_model("sqs")
    router = responses.get_service_router("lambda")
    assert router is responses.get_service_router("lambda")
    assert router._get_router("rest-json") is router._get_router("rest-json")


def test_each_parse_of_a_workflow_has_components_of_its_own_from_one_tree() -> None:
    first, tree = AmazonStateLanguageParser.parse(DEFINITION)
    second, same = AmazonStateLanguageParser.parse(DEFINITION)
    assert tree is same
    assert first is not second  # an execution counts its retries in them


def test_a_wrong_workflow_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ASLParserException):
            AmazonStateLanguageParser.parse('{"States": [}')


def test_a_json_path_is_parsed_once() -> None:
    assert json_path.parse("$.a.b") is json_path.parse("$.a.b")
    assert json_path.extract_json("$.a.b", {"a": {"b": 3}}) == 3
