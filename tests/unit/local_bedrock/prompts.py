"""Short ways to write prompts in tests."""

from __future__ import annotations

from local.bedrock.brain import Brain, Part, Prompt, Turn

TELESCOPE = """The Heron radio telescope

The Heron radio telescope stands on a hill north of Lisbon. It was begun in 2019 by the University of Lisbon and
finished in 2023. The dish has a diameter of 32 metres and weighs 210 tonnes.

Its main purpose is the survey of neutral hydrogen in nearby galaxies. The survey covers 4,000 square degrees of the
northern sky. A second purpose is the timing of pulsars, which needs a very stable clock.

The telescope cost 18 million euros. Half of it was paid by the Portuguese science foundation, the other half by the
European Union. Ada Marques leads the team of twelve engineers.

In 2024 a storm damaged the drive motors, and the telescope stood still for six weeks. Since then the motors are
covered. Questions go to heron@example.pt.
"""


def prompt(*texts: str, system: str = "", **more: object) -> Prompt:
    """A conversation whose turns alternate, beginning with the user."""
    turns = tuple(Turn("assistant" if index % 2 else "user", (Part(text),)) for index, text in enumerate(texts))
    return Prompt(model_id="amazon.nova-lite-v1:0", turns=turns, system=system, **more)  # type: ignore[arg-type]


def say(brain: Brain, *texts: str, system: str = "", **more: object) -> str:
    """The brain's whole answer."""
    return "".join(str(piece) for piece in brain.answer(prompt(*texts, system=system, **more), streamed=False))
