"""A small DNS server on loopback that knows a few TXT records and nothing else."""

import contextlib
import socket
import threading
from types import TracebackType

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

LONGEST_STRING = 255
"""RFC 1035 §3.3: a TXT record is made of strings of at most 255 bytes."""


class NameServer:
    """Answers TXT questions over UDP from `records`; use it in a `with` block."""

    def __init__(self, records: dict[str, str]) -> None:
        """`records`: full names (without the last dot) to TXT values."""
        self.records = {name.lower().rstrip("."): value for name, value in records.items()}
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        """`host:port`, as DEMUR_NAMESERVERS takes it."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                packet, client = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(packet), client)
            except dns.exception.DNSException:
                continue
            except OSError:
                return

    def _answer(self, packet: bytes) -> bytes:
        question = dns.message.from_wire(packet)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        value = self.records.get(name)
        if value is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif asked.rdtype == dns.rdatatype.TXT:
            chunks = [value[i : i + LONGEST_STRING] for i in range(0, len(value), LONGEST_STRING)]
            quoted = " ".join('"' + chunk.replace('"', '\\"') + '"' for chunk in chunks)
            answer.answer.append(dns.rrset.from_text(asked.name, 60, dns.rdataclass.IN, dns.rdatatype.TXT, quoted))
        return answer.to_wire()
