"""Tables for spreadsheets (CSV, RFC 4180): no cell begins what a spreadsheet would run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula in a spreadsheet (OWASP, CSV injection), full-width forms included."""


def harmless(value: object) -> str:
    """A cell as text; an apostrophe before what could run."""
    text = "" if value is None else str(value)
    return "'" + text if text.lstrip(" \u00a0\u3000").startswith(FORMULA) else text


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table with a header line, UTF-8. Numbers stay numbers: only text is looked at for formulas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell if isinstance(cell, (int, float)) else harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8")
