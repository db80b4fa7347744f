"""Logging: one line an event, as text or JSON; addresses and known secrets never get through."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

from demur.secrets import KNOWN

ADDRESS = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
TOKEN = re.compile(r"demur_[\w-]{20,}")


def redacted(text: str) -> str:
    """A text without mail addresses and tokens, on one line and without control characters."""
    hidden = TOKEN.sub("<token>", ADDRESS.sub("<address>", KNOWN.hidden(text)))
    return "".join(c if c.isprintable() else "\\n" if c == "\n" else " " for c in hidden)


class Redacting(logging.Formatter):
    """Formats a record and hides what is personal, tracebacks included."""

    def __init__(self, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """One line of text or JSON."""
        if not self._as_json:
            return redacted(super().format(record))
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "event": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line)


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A traceback that nobody caught, without what is personal."""
    lines = "".join(traceback.format_exception(kind, error, trace)).splitlines()
    print("\n".join(redacted(line) for line in lines), file=sys.stderr)


def guard_tracebacks() -> None:
    """Have the interpreter's own last words redacted like a log."""
    sys.excepthook = _last_words


def set_up_logging(level: str, form: str) -> None:
    """Send all logs to stderr. imapclient's own stay at WARNING: at DEBUG it prints whole mails."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting(form == "json"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("alembic", "imapclient", "mailparser", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "mailparser" else logging.WARNING)
