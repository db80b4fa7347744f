"""What a bundle consists of: a list that `sha256sum -c` reads, and the same with the figures that verification compares."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

FORMAT = "demur-evidence-1"
SUMS, SIGNATURE, PUBLIC_KEY, MANIFEST = "SHA256SUMS", "SHA256SUMS.sig", "public-key.pem", "manifest.json"


@dataclass(slots=True)
class Contents:
    """The files of a bundle so far: name → SHA-256 in hex, and size in bytes."""

    sums: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def note(self, name: str, content: bytes) -> None:
        """Add a file."""
        self.sums[name] = hashlib.sha256(content).hexdigest()
        self.sizes[name] = len(content)

    def listing(self) -> bytes:
        """The files as `sha256sum` writes them."""
        return "".join(f"{digest}  {name}\n" for name, digest in sorted(self.sums.items())).encode("ascii")

    def manifest(self, facts: Mapping[str, object]) -> bytes:
        """The files with what the whole bundle is about, as JSON."""
        files = {name: {"sha256": digest, "bytes": self.sizes[name]} for name, digest in sorted(self.sums.items())}
        return json_bytes({"format": FORMAT, **facts, "files": files})


def json_bytes(data: object) -> bytes:
    """JSON for people and programs: indented, sorted, UTF-8."""
    return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def listed(sums: bytes) -> dict[str, str]:
    """The files that a `SHA256SUMS` names. Raises ValueError for a line that is none."""
    found = {}
    for line in sums.decode("ascii").splitlines():
        digest, gap, name = line.partition("  ")
        if len(digest) != 64 or not gap or not name or name in found:
            raise ValueError("a line is no «hash  name»")
        found[name] = digest
    return found
