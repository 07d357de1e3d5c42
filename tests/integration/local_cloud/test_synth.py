"""Synthesis: once per state of the inputs, the app's own words on failure, no stale templates."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.synth import SynthError, fingerprint, synthesize

APP = """
import json, os, pathlib
runs = pathlib.Path("runs.txt")
runs.write_text((runs.read_text() if runs.exists() else "") + "x")
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir(parents=True)
(out / "manifest.json").write_text(os.environ["CDK_CONTEXT_JSON"])
(out / "seen.json").write_text(json.dumps(dict(os.environ)))
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "api.py").write_text("one = 1")
    (tmp_path / "catalog").mkdir()
    handlers = tmp_path / "lambdas" / "chat"
    handlers.mkdir(parents=True)
    (handlers / "turn_handler.py").write_text("first")
    return tmp_path


def runs(project):
    return len((project / "runs.txt").read_text())


def synth(project, told=None):
    return synthesize(project, log=(told if told is not None else []).append)


def test_it_runs_once_and_says_so(project):
    told = []
    assert synth(project, told) == synth(project, told) == project / ".build" / "cdk.out"
    assert runs(project) == 1
    assert len(told) == 1


def test_nothing_is_bundled_and_the_caller_does_not_leak(project, monkeypatch):
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "999999999999")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    output = synth(project)
    context = json.loads((output / "manifest.json").read_text())
    assert context["aws:cdk:bundling-stacks"] == []
    assert context["aws:cdk:disable-asset-staging"] is True
    seen = json.loads((output / "seen.json").read_text())
    assert not {"CDK_DEFAULT_ACCOUNT", "AWS_PROFILE"} & set(seen)


@pytest.mark.parametrize("changed", ["app.py", "cdk.json", "stacks/api.py", "catalog/models.toml", "requirements.txt"])
def test_a_changed_input_synthesizes_again(project, changed):
    synth(project)
    path = project / changed
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    synth(project)
    assert runs(project) == 2


def test_a_new_handler_synthesizes_again_and_an_edited_one_does_not(project):
    synth(project)
    (project / "lambdas/chat/turn_handler.py").write_text("second")
    synth(project)
    assert runs(project) == 1
    (project / "lambdas/chat/new_handler.py").write_text("")
    synth(project)
    assert runs(project) == 2


def test_the_compiled_catalog_is_no_input(project):
    before = fingerprint(project)
    (project / "catalog" / "compiled.json").write_text("{}")
    assert fingerprint(project) == before


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("raise ValueError('retention must be keep or destroy')", "ValueError: retention must be keep or destroy"),
        ("import sys; sys.exit('error: no such tenant')", "error: no such tenant"),
        ("import sys; sys.exit(3)", "app.py ended with 3"),
    ],
)
def test_a_failure_tells_the_apps_own_line_and_leaves_nothing_stale(project, statement, message):
    good = synth(project)
    (project / "app.py").write_text(statement)
    with pytest.raises(SynthError) as caught:
        synth(project)
    assert str(caught.value) == message
    assert not good.exists()
    (project / "app.py").write_text(APP)
    assert (synth(project) / "manifest.json").is_file()


def test_an_app_that_makes_nothing_is_an_error(project):
    (project / "app.py").write_text("")
    with pytest.raises(SynthError, match="made no cloud assembly"):
        synth(project)


def test_the_rules_are_checked_only_where_they_are_asked_for_and_then_once(project):
    def switch():
        return json.loads((project / ".build/cdk.out/manifest.json").read_text())["quarry:security-rules"]

    synth(project)
    assert (runs(project), switch()) == (1, False)
    for _ in range(2):
        synthesize(project, log=lambda _: None, checked=True)
        assert (runs(project), switch()) == (2, True)
    synth(project)
    assert runs(project) == 2


def test_findings_are_told_whole(project):
    finding = "ERROR The bucket is open. (AwsSolutions)\n   Stack/Bucket\n   Acknowledge with 'S1'"
    (project / "app.py").write_text(f"import sys; print({finding!r}, file=sys.stderr); raise RuntimeError('Failed')")
    with pytest.raises(SynthError) as caught:
        synthesize(project, log=lambda _: None, checked=True)
    assert str(caught.value) == finding


def test_callers_at_the_same_time_share_one_run(project):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: synth(project), range(4)))
    assert runs(project) == 1
