"""The secrets that this process knows, in every form in which one could be written down: none of them is to appear in a log."""

import base64
import json
import re
import threading
from urllib.parse import quote, quote_plus

LEAST = 6
"""A shorter secret is in too many words: hiding it would say what it is."""


def forms(secret: str) -> set[str]:
    """How a secret may appear: as it is, escaped, percent-encoded, or somewhere inside of base64, as in SASL."""
    raw = secret.encode("utf-8", "surrogatepass")
    found = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1], repr(raw)[2:-1]}
    found |= {secret.replace("\\", "\\\\").replace('"', '\\"'), quote(raw, safe=""), quote(raw), quote_plus(raw)}
    for shift in range(3):
        # in base64 three bytes are four letters: what stands before shifts a secret, and blurs its first and last letters
        code = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        inner = code[(0, 2, 3)[shift] : len(code) if (len(raw) + shift) % 3 == 0 else -1]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return {form for form in found if len(form) >= LEAST}


class KnownSecrets:
    """What is to be hidden; only grows."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, *secrets: str) -> None:
        """Hide these from now on."""
        with self._lock:
            new = {secret for secret in secrets if len(secret) >= LEAST} - self._secrets
            if new:
                self._secrets |= new
                self._forms |= {form for secret in new for form in forms(secret)}
                self._pattern = re.compile("|".join(re.escape(form) for form in sorted(self._forms, key=len, reverse=True)))

    def hidden(self, text: str) -> str:
        """The text with every known secret blotted out."""
        return self._pattern.sub("<secret>", text) if self._pattern else text


KNOWN = KnownSecrets()
