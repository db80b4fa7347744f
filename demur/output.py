"""What commands print: JSON for scripts, tables for people. Only data goes to stdout."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDE = 240
"""Columns where stdout is no terminal: nothing is cut for a program that reads along."""


def console() -> Console:
    """stdout for people; no colours where NO_COLOR is set or nobody watches, and then no narrow columns either."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def print_json(data: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")


def print_json_line(data: Any) -> None:
    """One JSON object on a line of its own, written at once."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def plain(text: str) -> str:
    """Text without control characters: what a mail says must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(plain(str(cell)) if cell is not None else "" for cell in row))
    console().print(table, markup=False) if not table.rows else console().print(table)
