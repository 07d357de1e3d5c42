"""A long text to summarize: the logbook of a lighthouse, written day by day from a fixed seed."""

from __future__ import annotations

import random

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_WINDS = ("a light wind from the south", "a gale from the west", "no wind at all", "a fresh breeze from the north-east")
_SIGHTS = (
    "The mail boat came at noon and brought {n} letters.",
    "We counted {n} barges on their way to the salt works.",
    "A trawler lost {n} nets on the reef and nobody was hurt.",
    "The lamp burned {n} litres of oil during the night.",
    "The school of Port Ellery sent {n} children to see the lens.",
    "A party of {n} engineers measured the sea wall for its repair.",
)
_EVENTS = {
    "March": "The sea wall broke on the third night of the storm, and the lower store was under water until morning.",
    "July": "The new lens was lifted into the tower by forty people, and it was lit for the first time on the 21st.",
    "October": "The harbour board decided to keep the light manned for ten more years.",
}


def logbook(*, years: int = 4, first_year: int = 1911) -> str:
    """About 290,000 characters a year, a heading for each month; the same text every time."""
    chance = random.Random(11)  # noqa: S311 - no secret
    return "\n\n".join(
        _month(year, month, chance) for year in range(first_year, first_year + years) for month in _MONTHS
    )


def _month(year: int, month: str, chance: random.Random) -> str:
    days = "\n\n".join(_day(day, month, chance) for day in range(1, 29))
    event = _EVENTS.get(month, "")
    return f"# {month} {year}\n\n{event}\n\n{days}"


def _day(day: int, month: str, chance: random.Random) -> str:
    lines = [f"{day} {month}. There was {chance.choice(_WINDS)}."]
    lines += [chance.choice(_SIGHTS).format(n=chance.randint(2, 90)) for _ in range(14)]
    return " ".join(lines)
