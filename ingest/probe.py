"""What a response to a look at a form says: its finding, with the words that decided. Pure; what is not recognised is not called broken."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from ingest.link import FORM_PATH
from ingest.sender import DOMAIN
from ledger.forms import EXPLANATION, GENERAL
from ledger.probe import EXCERPT, Finding
from ledger.text import clean, folded_words

FOLDER = Path(__file__).parent
BY_STATUS = {
    401: Finding.NEEDS_LOGIN,
    404: Finding.REMOVED,
    410: Finding.REMOVED,
    429: Finding.RATE_LIMITED,
    451: Finding.REGION_LOCKED,
}
"""RFC 9110 §15.5, RFC 6585 §4, RFC 7725 §3."""
ORDER = (Finding.BLOCKED, Finding.NEEDS_LOGIN, Finding.REGION_LOCKED, Finding.REMOVED, Finding.FORM_ERROR)
"""Of several texts on one page the one that says less about the form wins: a log-in wall may show any other text above it."""
BEFORE_THE_FORM = ORDER[:2]
FIELDS = "form textarea, form select, form input"
ANSWERS = 'form textarea, form input[type="email"]'
"""Fields that stand on objection forms and on no page that says a form is gone."""
NO_FORM_TYPES = frozenset({"hidden", "password", "search", "submit", "button", "image", "reset"})
UNSEEN = "script, style, noscript, template, head"
PAGES = frozenset({EXPLANATION, GENERAL})
"""Pages that explain or lead on: they are there when they answer, with or without fields."""
AROUND = 60


@dataclass(frozen=True, slots=True)
class Page:
    """What came back at the end of the hops: its address, status, and the beginning of its body as text."""

    url: str
    status: int
    body: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding and what of the page decided."""

    finding: Finding
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """The hosts that may be asked, and paths that are no form."""

    hosts: tuple[str, ...]
    login: tuple[str, ...]
    blocked: tuple[str, ...]
    start: frozenset[str]


@cache
def places() -> Places:
    """The table of hosts and paths."""
    table = tomllib.loads((FOLDER / "probe_hosts.toml").read_text(encoding="utf-8"))
    return Places(tuple(table["hosts"]), tuple(table["login"]), tuple(table["blocked"]), frozenset(table["start"]))


@cache
def _sayings() -> tuple[dict[Finding, tuple[str, ...]], tuple[str, ...]]:
    """The folded phrases by finding, and the markup that gives a captcha away."""
    table = tomllib.loads((FOLDER / "probe_pages.toml").read_text(encoding="utf-8"))
    phrases = {Finding(name): (*said.get("reported", ()), *said["written"]) for name, said in table.items()}
    return {finding: tuple(_folded(text) for text in texts) for finding, texts in phrases.items()}, tuple(table["blocked"]["markup"])


def _folded(text: str) -> str:
    return f" {' '.join(folded_words(clean(text)))} "


def allowed(host: str) -> bool:
    """Whether a host may be asked at all: one of the table's, or below one of them, in plain ASCII letters."""
    return DOMAIN.fullmatch(host) is not None and any(host == known or host.endswith("." + known) for known in places().hosts)


def form_number(url: str) -> str | None:
    """The number of the contact form that an address names."""
    found = FORM_PATH.search(unquote(urlsplit(url).path))
    return found[1] if found else None


def _under(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)


def may_be_probed(url: str) -> bool:
    """Whether an address is the canonical one of a form or of a page that leads to one: https, an allowed host, nothing behind the path."""
    parts = urlsplit(url)
    canonical = parts.scheme == "https" and url == f"https://{parts.netloc}{parts.path}" and allowed(parts.netloc)
    return canonical and (url in PAGES or form_number(url) is not None)


def judged_address(asked: str, url: str) -> Judgement | None:
    """What an address says to which a site leads on, before anybody goes there; None when it has to be looked at."""
    path = urlsplit(url).path.lower().rstrip("/") or "/"
    if _under(path, places().login):
        return Judgement(Finding.NEEDS_LOGIN, f"leads to {path}")
    if _under(path, places().blocked):
        return Judgement(Finding.BLOCKED, f"leads to {path}")
    if path in places().start and path != (urlsplit(asked).path.rstrip("/") or "/"):
        return Judgement(Finding.REMOVED, f"leads to the start page {path}")
    return None


def judge(asked: str, page: Page) -> Judgement:
    """The finding on a form's address, from the page at the end of its hops."""
    by_status = _by_status(page)
    if by_status:
        return by_status
    tree = LexborHTMLParser(page.body)
    said = _by_markup(tree, page.body) or _by_words(tree)
    if said:
        return said
    if not _has_form(tree) and asked not in PAGES:
        return Judgement(Finding.BLOCKED, "a page without a form and without words that are known")
    moved = form_number(page.url) != form_number(asked) or (page.url != asked and asked in PAGES)
    return Judgement(Finding.MOVED, _short_address(page.url)) if moved else Judgement(Finding.OK, _title(tree))


def _by_status(page: Page) -> Judgement | None:
    if 200 <= page.status < 300:
        return None
    reason = f"HTTP {page.status}"
    if page.status in BY_STATUS:
        return Judgement(BY_STATUS[page.status], reason)
    return Judgement(Finding.FORM_ERROR if page.status >= 500 else Finding.BLOCKED, reason)


def _by_markup(tree: LexborHTMLParser, body: str) -> Judgement | None:
    """Captchas and password fields: they stand in front of the form whatever else the page says."""
    _, captchas = _sayings()
    low = body.lower()
    if found := next((mark for mark in captchas if mark in low), None):
        return Judgement(Finding.BLOCKED, f"markup: {found}")
    if tree.css_first('input[type="password"]') is not None:
        return Judgement(Finding.NEEDS_LOGIN, "the page asks for a password")
    return None


def _by_words(tree: LexborHTMLParser) -> Judgement | None:
    """What the page says to its reader. On a page with the form's own fields «something went wrong» is part of an explanation."""
    believed = ORDER if tree.css_first(ANSWERS) is None else BEFORE_THE_FORM
    shown = _title(tree) + "\n"
    for node in tree.css(UNSEEN):
        node.decompose()
    shown += tree.body.text(separator=" ") if tree.body else ""
    text = _folded(shown)
    sayings, _ = _sayings()
    for finding in believed:
        for phrase in sayings[finding]:
            if (at := text.find(phrase)) >= 0:
                return Judgement(finding, _around(text, at, len(phrase)))
    return None


def _around(text: str, at: int, length: int) -> str:
    return text[max(at - AROUND, 0) : at + length + AROUND].strip()[:EXCERPT]


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return clean(node.text())[:EXCERPT] if node else ""


def _has_form(tree: LexborHTMLParser) -> bool:
    """Whether a visitor can fill in anything but a search or a log-in."""
    fields = (node for node in tree.css(FIELDS) if (node.attributes.get("type") or "text").lower() not in NO_FORM_TYPES)
    return any("search" not in (node.attributes.get("name") or "").lower() for node in fields)


def _short_address(url: str) -> str:
    parts = urlsplit(url)
    return f"leads to {parts.hostname}{parts.path}"[:EXCERPT]
