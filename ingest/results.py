"""Authentication-Results headers (RFC 8601), read tolerantly: Outlook leaves the server's name out, Yahoo glues comments and ends with `;`.

Only the topmost header counts, and only when it carries the name that is pinned for the mailbox: whoever sends a mail can write all others.
"""

import re
from dataclasses import dataclass

TOPMOST_WITHOUT_NAME = "topmost"
"""The pin for Exchange and Outlook, which write no name: the operator vouches that the topmost header is the provider's."""
PROPERTY = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)?)\s*=\s*(\"[^\"]{0,500}\"|[^\s;]{1,500})", re.IGNORECASE)
MAX_HEADER = 10_000


@dataclass(frozen=True, slots=True)
class Results:
    """One header: the name of the server that wrote it (empty where it wrote none) and the methods' results with their properties."""

    server: str
    methods: tuple[tuple[str, str, dict[str, str]], ...]

    def dmarc_pass_from(self) -> str | None:
        """The From domain for which DMARC passed, or None. Two DMARC results say nothing."""
        found = [(result, properties) for method, result, properties in self.methods if method == "dmarc"]
        if len(found) != 1 or found[0][0] != "pass":
            return None
        return found[0][1].get("header.from", "").lower().rstrip(".") or None


def without_comments(value: str) -> str:
    """A header value without its comments, nested ones included; an unclosed one swallows the rest."""
    kept, depth = [], 0
    for character in value:
        if character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character)
    return "".join(kept)


def read_results(value: str) -> Results:
    """Read one Authentication-Results value. Never raises; what is not understood is left out."""
    parts = [part.strip() for part in without_comments(value[:MAX_HEADER]).split(";")]
    first = parts[0].split()
    named = bool(first) and "=" not in first[0]
    methods = []
    for part in parts[1:] if named else parts:
        found = [(name.lower(), text.strip('"')) for name, text in PROPERTY.findall(part)]
        if found:
            method, result = found[0]
            methods.append((method, result.lower(), dict(found[1:])))
    return Results(first[0].lower() if named else "", tuple(methods))


def vouched_domain(headers: list[str], pin: str | None) -> str | None:
    """The From domain that the user's own provider vouches for in the topmost of these headers, or None."""
    if not pin or not headers:
        return None
    results = read_results(headers[0])
    wanted = "" if pin == TOPMOST_WITHOUT_NAME else pin.lower()
    return results.dmarc_pass_from() if results.server == wanted else None
