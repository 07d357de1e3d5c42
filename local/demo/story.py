"""The demo from start to stop."""

from __future__ import annotations

from pathlib import Path

from local.demo import bulk_scene, chat_scene, document_scene, folder_scene, knowledge_scene
from local.demo.client import ApiClient, ApiError
from local.demo.screen import Screen
from local.stack import LocalStack, StartError
from local.synth import SynthError

PDF = Path("examples") / "heron-field-report.pdf"
FOLDER = Path("examples") / "mixed"
KNOWLEDGE = ("heron-field-report.pdf", "harbour-library-review.md", "salt-road-history.txt")


def play(root: Path, *, time_scale: float) -> int:
    """Show the main job on free ports; the exit code is 0 only if every step worked."""
    screen = Screen()
    log_file = root / ".build" / "demo.log"
    log_file.parent.mkdir(exist_ok=True)
    with log_file.open("w", encoding="utf-8") as log:
        stack = LocalStack(root=root, port=0, aws_port=0, time_scale=time_scale, log=lambda line: _write(log, line))
        try:
            screen.heading("Starting Quarry on this machine")
            stack.start(progress=lambda text: screen.line(f"{screen.elapsed():5.1f} s  {text}"))
            return _scenes(stack, screen, root)
        except (ApiError, SynthError, StartError) as error:
            screen.heading(f"The demo failed: {error}")
            screen.line(f"What the functions logged: {log_file.relative_to(root)}")
            return 1
        finally:
            stack.close()


def _scenes(stack: LocalStack, screen: Screen, root: Path) -> int:
    api = ApiClient(stack.api_url, stack.key)
    costs = chat_scene.play(api, screen)
    costs |= document_scene.play(stack, api, screen, root / PDF)
    costs |= folder_scene.play(stack, api, screen, root / FOLDER)
    costs |= knowledge_scene.play(stack, api, screen, [root / "examples" / name for name in KNOWLEDGE])
    costs |= bulk_scene.play(stack, api, screen)
    document_scene.print_costs(costs, screen)
    screen.heading("What answered")
    screen.line(stack.brain)
    screen.line()
    screen.line(f"All done in {screen.elapsed():.0f} s; the stack is stopped. `make up` keeps one running.")
    return 0


def _write(log: object, line: str) -> None:
    print(line, file=log, flush=True)  # type: ignore[call-overload]
