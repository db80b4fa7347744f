"""Links as they can be shown and kept: click trackers unwrapped, personal tokens removed, objection forms recognised."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from ingest.sender import meta_domain
from ledger.forms import BY_ID, EXPLANATION, GENERAL
from ledger.message import Anchor, Link
from ledger.text import masked_codes

MAX_URL = 4096
UNWRAPPINGS = 5
MAX_FORMS = 10
"""Forms of one mail that are kept: Meta names one or two."""
FORM_PATH = re.compile(r"/(?:help/contact|contact|contact/forms|help/contact_us)/(\d{9,20})(?=/|$)")
FORM_PAGES = {"/privacy/genai": EXPLANATION, "/support/privacy": GENERAL}
KEPT_PARAMETERS = frozenset({"locale", "hl", "id", "ref_form"})
"""Query parameters that name a page and no person. All others are dropped: they may log somebody in."""
LOG_IN_PATHS = ("/_n/", "/accounts/", "/recover", "/confirm")
NAMES = re.compile(r"(?:/[a-z_][a-z_.-]{0,30}(?=/|$))*/?")
"""The pieces of a path that name pages. Where Meta logs people in, whatever stands behind them may be a token."""
WRITTEN = re.compile(r"https?://\S+")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return []


def _first_value(url: str, *names: str) -> str | None:
    values = dict(reversed(_query(url)))
    return next((values[name] for name in names if values.get(name, "").startswith(("http://", "https://"))), None)


def _notification_target(url: str) -> str | None:
    """QUIRK: Facebook's mail tracker `/n/?path&…` names its target as the first query key, percent-escaped."""
    parts = urlsplit(url)
    target = unquote(parts.query.split("&", 1)[0]).strip("/")
    return f"https://{parts.hostname}/{target}" if target and "=" not in target.split("/", 1)[0] else None


def _inner(url: str) -> str | None:
    """What a wrapping link leads to, or None when `url` wraps nothing. Read from the link alone, nothing is fetched."""
    host, path = _host(url), urlsplit(url).path
    ours = meta_domain(host)
    if host.endswith(".safelinks.protection.outlook.com"):
        return _first_value(url, "url")
    if ours and path.rstrip("/") == "/n":
        return _notification_target(url)
    if ours and (path.endswith("/l.php") or host.startswith(("l.", "lm."))):
        return _first_value(url, "u")
    if ours and path.startswith(("/flx/warn", "/login", "/accounts/login")):
        return _first_value(url, "next", "u") if "next=" in url or "u=" in url else None
    if host in ("www.google.com", "google.com") and path == "/url":
        return _first_value(url, "q", "url")
    return None


def unwrapped(url: str) -> str:
    """The link behind click trackers and Safe Links, at most five deep."""
    for _ in range(UNWRAPPINGS):
        try:
            inner = _inner(url)
        except ValueError:
            return url
        if not inner or len(inner) > MAX_URL:
            return url
        url = inner
    return url


def _form_id(url: str) -> str | None:
    """The number of a contact form in an address on one of Meta's hosts, escaped or not."""
    if not meta_domain(_host(url)):
        return None
    found = FORM_PATH.search(unquote(urlsplit(url).path))
    return found[1] if found else None


def stripped(url: str) -> str:
    """A link without what may be personal: user info, fragment, and all query parameters but a few that name pages."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    path = parts.path
    if meta_domain(parts.hostname.lower()) and path.startswith(LOG_IN_PATHS) and (names := NAMES.match(path)):
        path = names[0]
    query = urlencode([(k, v) for k, v in _query(url) if k in KEPT_PARAMETERS and len(v) <= 40 and "@" not in v], errors="replace")
    return urlunsplit((parts.scheme, parts.hostname.lower() + port, path, query, ""))


def _words(text: str) -> str:
    """What a link says, without one-time codes, and with the addresses in it as clean as its own."""
    return masked_codes(WRITTEN.sub(lambda found: stripped(unwrapped(found[0])), text))


def read_link(anchor: Anchor) -> Link | None:
    """One link of a mail, or None for what is no web address (mailto, tel, javascript, broken)."""
    url, text = unwrapped(anchor.href[:MAX_URL]), _words(anchor.text)
    number = _form_id(url)
    if number and number in BY_ID:
        form = BY_ID[number]
        return Link(form.url, text, True, form.product, form.track)
    clean_url = stripped(url)
    if not clean_url:
        return None
    page = FORM_PAGES.get(urlsplit(clean_url).path.rstrip("/")) if meta_domain(_host(clean_url)) else None
    return Link(page or clean_url, text, number is not None or page is not None)


def read_links(anchors: Iterable[Anchor]) -> tuple[Link, ...]:
    """All links of a mail in order, each address once (the first that has words wins)."""
    found: dict[str, Link] = {}
    for anchor in anchors:
        link = read_link(anchor)
        if link and (link.url not in found or (link.text and not found[link.url].text)):
            found[link.url] = link
    return tuple(found.values())


def form_addresses(links: Iterable[Link]) -> tuple[str, ...]:
    """The addresses of the forms among a mail's links as all mails share them, each once: https, without query."""
    addresses = (f"https://{parts.hostname}{parts.path.rstrip('/')}" for link in links if link.form and (parts := urlsplit(link.url)))
    return tuple(dict.fromkeys(addresses))[:MAX_FORMS]
