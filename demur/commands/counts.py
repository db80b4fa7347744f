"""`demur stats`: counts over all users."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from api.parquet import COLUMNS, parquet_bytes
from demur.commands.context import Json, composition
from demur.output import print_json, print_table
from ledger.errors import OperatorError


def stats(
    csv: Annotated[Path | None, typer.Option(help="Write them as a table for spreadsheets.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write them as a Parquet file; needs demur[parquet].")] = None,
    json_: Json = False,
) -> None:
    """Count what Meta's mails say, per week, language and product, and how long answers take; never of fewer than five people.

    Example: demur stats --csv stats.csv
    """
    from api.evidence.sheet import csv_bytes
    from api.statistics import LEAST, rows, statistics

    parts = composition()
    now = parts.now()
    found = statistics(parts.ledger, now)
    flat = rows(found)
    if csv:
        _written(csv, csv_bytes(COLUMNS, ([row[name] for name in COLUMNS] for row in flat)))
    if parquet:
        _written(parquet, parquet_bytes(flat))
    if json_:
        print_json({"as_of": now.isoformat(), "least_people": LEAST, **asdict(found)})
    elif not (csv or parquet):
        _print(flat, LEAST)


def _print(flat: Sequence[dict[str, Any]], least: int) -> None:
    if not flat:
        typer.echo("Nothing to count yet.")
        return
    shown = [[row[name] if row[name] is not None else "" for name in COLUMNS[:-1]] + [_value(row["value"])] for row in flat]
    print_table(COLUMNS, shown)
    typer.echo(f"·: fewer than {least} people, or it would show what is")


def _value(value: object) -> object:
    return "·" if value is None else value


def _written(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OperatorError(f"cannot write {path}: {error.strerror}") from None
