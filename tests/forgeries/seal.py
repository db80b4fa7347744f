"""Signatures as no honest library makes them: whatever header list, domain and tags a forger likes, over the canonical form of RFC 6376."""

import base64
import hashlib
import re
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from demur.demo.signing import SigningKey


def _relaxed(name: bytes, value: bytes) -> bytes:
    return name.lower() + b":" + re.sub(rb"[ \t\r\n]+", b" ", value).strip()


@cache
def _private(pem: bytes) -> rsa.RSAPrivateKey:
    private = serialization.load_pem_private_key(pem, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return private


def _last(head: bytes, name: bytes) -> bytes:
    """The lowest header of a name, in relaxed form: the one that DKIM signs first."""
    found = re.findall(rb"(?im)^" + name + rb":((?:[^\r\n]|\r\n[ \t])*)", head)
    return _relaxed(name, found[-1]) + b"\r\n" if found else b""


def sealed(raw: bytes, key: SigningKey, domain: str, headers: list[bytes], tags: bytes = b"", body: bytes | None = None) -> bytes:
    """A raw mail (CRLF) with a relaxed/simple signature over just these headers; `tags` are put in as they are, `body` is what is hashed."""
    head, _, own = raw.partition(b"\r\n\r\n")
    hashed = base64.b64encode(hashlib.sha256((own if body is None else body).rstrip(b"\r\n") + b"\r\n").digest())
    value = b"v=1; a=rsa-sha256; c=relaxed/simple; d=%s; s=%s; h=%s; bh=%s; %sb=" % (
        domain.encode(), key.selector.encode(), b":".join(headers), hashed, tags,
    )  # fmt: skip
    signed = b"".join(_last(head, name) for name in headers) + _relaxed(b"dkim-signature", value)
    signature = base64.b64encode(_private(key.private_pem).sign(signed, padding.PKCS1v15(), hashes.SHA256()))
    return b"DKIM-Signature: " + value + signature + b"\r\n" + raw
