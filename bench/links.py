"""How many form links of the labelled mails are found: `python -m bench.links`.

Counted apart from the reader: every contact form's number (and page that leads to one) in the decoded parts of a mail, wrapped or not,
as the standard library decodes them; against the form links that `ingest` reads out of the same mail.
"""

import email
import email.policy
import html
import re
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bench.results_file import keep
from demur import shipped
from ingest.decide import read
from ledger.forms import BY_ID

HOST = r"(?:facebook|instagram|whatsapp|meta)\.com/(?:n/\?)?"
NUMBER = re.compile(HOST + r"(?:help/contact|contact/forms|help/contact_us|contact)/(\d{9,20})(?!\d)", re.IGNORECASE)
PAGE = re.compile(HOST + r"(privacy/genai|support/privacy)(?![\w/-]*\w)", re.IGNORECASE)
ESCAPES = 4
WRAPPERS = {
    "Facebook's mail tracker": r"facebook\.com/n/\?",
    "a redirector of Meta's": r"l(?:m)?\.(?:facebook|instagram)\.com",
    "Safe Links": r"safelinks\.protection\.outlook",
    "Google's redirector": r"google\.com/url",
}


def decoded(raw: bytes) -> str:
    """All text of a mail, attached mails included, with every escape taken away that a wrapper may have put around an address."""
    text = "\n".join(_parts(email.message_from_bytes(raw, policy=email.policy.default)))
    text = html.unescape(text)
    for _ in range(ESCAPES):
        text = unquote(text)
    return text


def _parts(message: EmailMessage) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_maintype() == "text":
            content = part.get_payload(decode=True) or b""
            yield content.decode(part.get_content_charset() or "utf-8", "replace") if isinstance(content, bytes) else ""


def there(raw: bytes) -> set[str]:
    """The forms that stand in a mail: numbers and page paths, on Meta's hosts."""
    text = decoded(raw)
    return {m[1] for m in NUMBER.finditer(text)} | {f"/{m[1]}" for m in PAGE.finditer(text)}


def found(raw: bytes) -> set[str]:
    """The forms that the reader found in it."""
    paths = [urlsplit(link.url).path.rstrip("/") for link in read(raw).links if link.form]
    return {path.rpartition("/")[2] if path[-1:].isdigit() else path for path in paths}


def mails() -> list[Path]:
    """Every labelled mail, the hold-out included."""
    return sorted(shipped.fixtures().rglob("*.eml"))


def main() -> None:
    all_there: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    missed: list[str] = []
    invented: list[str] = []
    wrapped: Counter[str] = Counter()
    paths = mails()
    for path in paths:
        raw = path.read_bytes()
        stand, read_out = there(raw), found(raw)
        kinds = ["known forms" if f in BY_ID else "pages that lead to one" if f.startswith("/") else "other contact forms" for f in stand]
        all_there.update(kinds)
        hit.update(kind for kind, form in zip(kinds, stand, strict=True) if form in read_out)
        missed += [f"{path.parent.name}/{path.name}: {form}" for form in sorted(stand - read_out)]
        invented += [f"{path.parent.name}/{path.name}: {form}" for form in sorted(read_out - stand)]
        if stand:
            wrapped.update(
                name for name, pattern in WRAPPERS.items() if re.search(pattern.encode(), raw.replace(b"=\r\n", b"").replace(b"=\n", b""))
            )
    rows = [("mails", str(len(paths))), ("mails with a form link", str(sum(bool(there(p.read_bytes())) for p in paths)))]
    rows += [(f"{kind}: there", str(count)) for kind, count in all_there.most_common()]
    rows += [(f"{kind}: found", f"{hit[kind]} ({hit[kind] / count:.1%})") for kind, count in all_there.most_common()]
    rows += [(f"mails with a form link behind {name}", str(count)) for name, count in wrapped.most_common()]
    rows += [("found and not there", str(len(invented)))]
    rows += [("missed", line) for line in missed[:20]] + [("not there", line) for line in invented[:20]]
    keep("links", "Form links of the labelled mails", rows)


if __name__ == "__main__":
    main()
