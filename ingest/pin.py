"""A server's certificate pinned by its fingerprint, for servers that signed their own: compared in the handshake, before a byte is said."""

import hashlib
import hmac
import re
import ssl
from typing import Any

from ledger.errors import OperatorError


class OtherCertificateError(ssl.SSLCertVerificationError):
    """The server showed a certificate whose SHA-256 is another. `shown`: that of the one it showed."""

    def __init__(self, shown: str) -> None:
        super().__init__(1, "another fingerprint")
        self.shown = shown


def fingerprint_of(text: str) -> str:
    """A SHA-256 as openssl or a browser writes it, without colons and in small letters. Raises OperatorError."""
    found = re.sub(r"(?i)^sha256( fingerprint=|:)|[:\s]", "", text.strip()).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise OperatorError("--fingerprint is the SHA-256 of the server's certificate: 64 hexadecimal digits, with or without colons")
    return found


class _PinnedSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        assert isinstance(self.context, PinnedContext)
        shown = hashlib.sha256(self.getpeercert(binary_form=True) or b"").hexdigest()
        if not hmac.compare_digest(shown, self.context.fingerprint):
            raise OtherCertificateError(shown)


class PinnedContext(ssl.SSLContext):
    """Trusts the one certificate with this fingerprint, whoever signed it, whatever name and dates it has."""

    sslsocket_class = _PinnedSocket
    fingerprint: str

    def __new__(cls, fingerprint: str) -> "PinnedContext":
        """See the class."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context.fingerprint = fingerprint
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def __init__(self, *args: Any) -> None:
        """Nothing is left to do."""
