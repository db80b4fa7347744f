"""In which language an answer is written: the cookie's, else the browser's; held for one request, texts out of gettext catalogues."""

import gettext
import io
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache, lru_cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).parent / "locales"
SOURCE = "en"
"""The language that texts are written in; dates follow Europe's order."""
COOKIE = "demur_language"
_current: ContextVar[str] = ContextVar("language", default=SOURCE)


@cache
def languages() -> dict[str, str]:
    """Code → own name of each language there is a catalogue for: adding one is adding a folder."""
    codes = sorted({SOURCE, *(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/demur.po"))})
    return {code: (Locale.parse(code).get_display_name(code) or code).capitalize() for code in codes}


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    """A committed catalogue, compiled in memory: there is no build step."""
    path = FOLDER / code / "LC_MESSAGES" / "demur.po"
    if code == SOURCE or not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def current() -> str:
    """The code of the language of this request."""
    return _current.get()


def speak(code: str) -> None:
    """Use a language from here on; one that there is no catalogue for is the source language."""
    _current.set(code if code in languages() else SOURCE)


def _(text: str) -> str:
    """A text in the language of this request; one that no catalogue knows stays as it is."""
    return _catalogue(current()).gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """A text that depends on a number, in the language of this request."""
    return _catalogue(current()).ngettext(one, many, number)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name, which extraction looks for
    """Mark a text for the catalogues; it is translated when shown."""
    return text


def _locale() -> str:
    return "en_GB" if current() == SOURCE else current()


@lru_cache(maxsize=10_000)
def _day(when: date, locale: str) -> str:
    return format_date(when, "long", locale=locale)


def day(when: date) -> str:
    """A day in words: 13 May 2025, 13. Mai 2025."""
    return _day(when.date() if isinstance(when, datetime) else when, _locale())


def clock(when: datetime) -> str:
    """The time of day: 09:12."""
    return format_time(when, "HH:mm", locale=_locale())


def number(value: float) -> str:
    """A number as the language writes it: 12,345."""
    return format_decimal(value, locale=_locale())


def _asked(headers: Headers) -> list[str]:
    """The languages of Accept-Language, the best first (RFC 9110 §12.5.4)."""
    found = []
    for position, part in enumerate(headers.get("accept-language", "")[:500].split(",")):
        tag, _, weight = part.partition(";q=")
        try:
            found.append((-float(weight or 1), position, tag.strip().replace("-", "_")))
        except ValueError:
            continue
    return [tag for _, _, tag in sorted(found) if tag]


def negotiated(headers: Headers) -> str:
    """The language of a request: what its cookie says, else the best that its browser asks for."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        cookie = None
    if cookie and cookie.value in languages():
        return cookie.value
    return negotiate_locale(_asked(headers), list(languages())) or SOURCE


class Speaking:
    """ASGI middleware that sets the language of every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            speak(negotiated(Headers(scope=scope)))
        await self._app(scope, receive, send)
