"""Signatures as no honest library makes them: whatever header list, domain and tags a forger likes, over the canonical form of RFC 6376."""

import base64
import hashlib
import re
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from demur.demo.signing import SigningKey


def relaxed(name: bytes, value: bytes) -> bytes:
    return name.lower() + b":" + re.sub(rb"[ \t\r\n]+", b" ", value).strip()


ARC = (b"ARC-Authentication-Results", b"ARC-Message-Signature", b"ARC-Seal")


@cache
def private(pem: bytes) -> rsa.RSAPrivateKey:
    loaded = serialization.load_pem_private_key(pem, None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def last(head: bytes, name: bytes) -> bytes:
    """The lowest header of a name, in relaxed form: the one that DKIM signs first."""
    found = re.findall(rb"(?im)^" + name + rb":((?:[^\r\n]|\r\n[ \t])*)", head)
    return relaxed(name, found[-1]) + b"\r\n" if found else b""


def sealed(raw: bytes, key: SigningKey, domain: str, headers: list[bytes], tags: bytes = b"", body: bytes | None = None) -> bytes:
    """A raw mail (CRLF) with a relaxed/simple signature over just these headers; `tags` are put in as they are, `body` is what is hashed."""
    head, _, own = raw.partition(b"\r\n\r\n")
    hashed = base64.b64encode(hashlib.sha256((own if body is None else body).rstrip(b"\r\n") + b"\r\n").digest())
    value = b"v=1; a=rsa-sha256; c=relaxed/simple; d=%s; s=%s; h=%s; bh=%s; %sb=" % (
        domain.encode(), key.selector.encode(), b":".join(headers), hashed, tags,
    )  # fmt: skip
    signed = b"".join(last(head, name) for name in headers) + relaxed(b"dkim-signature", value)
    signature = base64.b64encode(private(key.private_pem).sign(signed, padding.PKCS1v15(), hashes.SHA256()))
    return b"DKIM-Signature: " + value + signature + b"\r\n" + raw


def _signed(text: bytes, key: SigningKey) -> bytes:
    return base64.b64encode(private(key.private_pem).sign(text, padding.PKCS1v15(), hashes.SHA256()))


def arc(raw: bytes, key: SigningKey, domain: str, results: bytes, headers: list[bytes], instance: int = 1, tags: bytes = b"") -> bytes:
    """A raw mail with one more ARC set on top (RFC 8617); its body must be the same in simple and relaxed form."""
    number = b"%d" % instance
    head, _, body = raw.partition(b"\r\n\r\n")
    hashed = base64.b64encode(hashlib.sha256(body.rstrip(b"\r\n") + b"\r\n").digest())
    names = (domain.encode(), key.selector.encode())
    seen = b"i=%s; %s" % (number, results)
    ams = b"i=%s; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=%s; %sh=%s; bh=%s; b=" % (number, *names, tags, b":".join(headers), hashed)
    covered = b"".join(last(head, name) for name in headers) + relaxed(b"arc-message-signature", ams)
    ams += _signed(covered, key)
    seal = b"i=%s; a=rsa-sha256; cv=%s; d=%s; s=%s; b=" % (number, b"none" if instance == 1 else b"pass", *names)
    older = [(n, v) for i in range(1, instance) for n in ARC for v in re.findall(rb"(?im)^" + n + rb": (i=%d;[^\r\n]*)" % i, head)]
    chain = [*older, (ARC[0], seen), (ARC[1], ams)]
    seal += _signed(b"".join(relaxed(n, v) + b"\r\n" for n, v in chain) + relaxed(ARC[2], seal), key)
    top = b"".join(n + b": " + v + b"\r\n" for n, v in ((ARC[2], seal), (ARC[1], ams), (ARC[0], seen)))
    return top + raw
