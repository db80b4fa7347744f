"""What every command shares: the settings of this call and the parts made from them."""

from pathlib import Path
from typing import Annotated

import typer

from demur.composition import Composition
from demur.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
UserName = Annotated[str, typer.Argument(help="Name of the user.")]


_opened: list[Composition] = []


def composition(data: Path | None = None) -> Composition:
    """The parts for this call; `close` gives back what they hold."""
    parts = Composition(load_settings(data=data))
    _opened.append(parts)
    return parts


def close() -> None:
    """Close the database of every composition of this call."""
    while _opened:
        _opened.pop().close()
