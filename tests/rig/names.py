"""A DNS server on loopback that answers with addresses: what a test says, in turn, and counts the questions."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset


class Names:
    """Answers A and AAAA questions over UDP. Of several answers to a name each is given once, the last for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Sequence[str]]] = {}
        self.asked: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, as a resolver takes them."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def lead(self, name: str, *answers: Sequence[str]) -> None:
        """Let a name lead to these addresses, one set after the other."""
        self.answers[name] = list(answers)
        self.asked.pop(name, None)

    def __enter__(self) -> "Names":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
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
        sets = self.answers.get(name)
        if sets is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer.to_wire()
        if asked.rdtype == dns.rdatatype.A:
            self.asked[name] += 1
        now = sets[min(max(self.asked[name] - 1, 0), len(sets) - 1)]
        own = [each for each in now if (":" in each) is (asked.rdtype == dns.rdatatype.AAAA)]
        if own and asked.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            answer.answer.append(dns.rrset.from_text(asked.name, 60, dns.rdataclass.IN, asked.rdtype, *own))
        return answer.to_wire()
