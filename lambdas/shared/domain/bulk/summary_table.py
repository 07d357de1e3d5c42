"""The rows of `summaries.csv`: what a run has made of each document, for people with a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COLUMNS = (
    "document", "outcome", "error", "title", "summary", "key_points", "topics", "language", "cost_usd", "result_key",
    "document_id",
)  # fmt: skip
# A cell that begins so is a formula to a spreadsheet, whoever wrote the document that it comes from; a quotation mark
# makes it a text. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Excel cuts a cell here and says so only once; the whole text is in the result.
# https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
LARGEST_CELL = 32_767
_CUT = " [...]"


def table_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The cells of one outcome's line. Lists have an item a line; what is not known is empty."""
    summary: Mapping[str, Any] = row.get("summary", {})
    cells = (
        row["key"],
        row["outcome"],
        row.get("error", ""),
        summary.get("title", ""),
        summary.get("summary", ""),
        "\n".join(summary.get("key_points", ())),
        "\n".join(summary.get("topics", ())),
        summary.get("language", ""),
        row["cost_usd"] or "",
        row.get("result_key", ""),
        row["id"],
    )
    return tuple(_cell(text) for text in cells)


def _cell(text: str) -> str:
    safe = f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return safe if len(safe) <= LARGEST_CELL else safe[: LARGEST_CELL - len(_CUT)] + _CUT
