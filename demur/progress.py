"""Progress on stderr, only where a person watches."""

from collections.abc import Callable
from typing import TextIO

Report = Callable[[str, int, int], None]


def training_progress(stream: TextIO) -> Report:
    """A report function that redraws one line on a terminal and is silent elsewhere."""
    if not stream.isatty():
        return lambda what, done, of: None

    def report(what: str, done: int, of: int) -> None:
        stream.write(f"\r\x1b[K{what} {done}/{of}" + ("\n" if done >= of else ""))
        stream.flush()

    return report
