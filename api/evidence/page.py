"""The timeline of a bundle as one page that needs nothing else: to read, and to print."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.filters |= {"day": date.isoformat, "moment": _moment}


def timeline_page(**values: Any) -> bytes:
    """The page, UTF-8. What came by mail is only ever text."""
    return _environment.get_template("timeline.html").render(values).encode("utf-8", "replace")
