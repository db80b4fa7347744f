"""DKIM keys made for one run, and mails signed with them: so that the real check of the sender has something to check."""

import base64
from dataclasses import dataclass

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SIGNED = [b"Date", b"To", b"Subject", b"From", b"MIME-Version", b"Content-Type"]
"""The headers that Meta's own signatures cover, as far as public samples show."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key with its selector."""

    selector: str
    private_pem: bytes
    record: str

    def name(self, domain: str) -> str:
        """Where the public key lies in DNS."""
        return f"{self.selector}._domainkey.{domain}"

    def sign(
        self, raw: bytes, domain: str, headers: list[bytes] | None = None, canonicalize: tuple[bytes, bytes] = (b"relaxed", b"simple")
    ) -> bytes:
        """The raw mail with a DKIM-Signature of `domain` on top."""
        signature = dkim.sign(
            raw, self.selector.encode(), domain.encode(), self.private_pem, canonicalize=canonicalize, include_headers=headers or SIGNED
        )
        return bytes(signature) + raw


def new_key(selector: str = "demo", bits: int = 2048) -> SigningKey:
    """A fresh key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(selector, pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")
