"""An IMAP server on loopback that says what no real one says when asked: its answers are written down beforehand."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from types import TracebackType

OK = "{tag} OK done\r\n"
USUAL = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\n" + OK,
    "EXAMINE": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 2] next\r\n{tag} OK [READ-ONLY] done\r\n",
    "UID SEARCH": "* SEARCH 1\r\n" + OK,
}
LONG = 1000
BYE = "* BYE going down\r\n"


def literal(item: str, value: bytes) -> str:
    """A FETCH item with its value as a literal."""
    return f"{item} {{{len(value)}}}\r\n{value.decode('latin-1')}"


def fetched(uid: int, *items: str) -> str:
    """One untagged FETCH answer."""
    return f"* {uid} FETCH (UID {uid} {' '.join(items)})\r\n"


class Scripted:
    """Answers each command by the longest beginning of it that has an answer; anything else is OK. Use it in a `with` block.

    `answers`: beginnings of commands to what is sent, with `{tag}` for the command's tag; several answers are given in turn, the last
    for ever. An answer with BYE ends the connection. `heard`: the commands without their tags. `drip`: seconds between the bytes of long
    answers. `tls`: what follows the answer to STARTTLS is in TLS.
    """

    def __init__(
        self, answers: Mapping[str, str | list[str]], greeting: str = "* OK ready\r\n", drip: float = 0.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._answers = {**USUAL, **answers}
        self._drip, self._tls = drip, tls
        self._greeting = greeting
        self._given: dict[str, int] = {}
        self.heard: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.sendall(self._greeting.encode("latin-1"))
            self._listen(client)

    def _listen(self, client: socket.socket) -> None:
        idle_tag = ""
        with client.makefile("rb") as lines:
            for line in lines:
                tag, _, command = line.decode("latin-1").strip().partition(" ")
                if tag == "DONE":
                    tag, command = idle_tag, tag
                idle_tag = tag
                self.heard.append(command)
                answer = self._answer(command)
                self._say(client, answer.replace("{tag}", tag).encode("latin-1"))
                if "* BYE" in answer:
                    return
                if command == "STARTTLS" and self._tls:
                    self._listen(self._tls.wrap_socket(client, server_side=True))
                    return

    def turn(self, answers: Mapping[str, str | list[str]], greeting: str = "* OK ready\r\n") -> None:
        """From now on, say something else."""
        self._greeting, self._drip, self._given = greeting, 0.0, {}
        self._answers = {**USUAL, **answers}

    def _say(self, client: socket.socket, answer: bytes) -> None:
        if not self._drip or len(answer) < LONG:
            client.sendall(answer)
            return
        for byte in answer:
            client.sendall(bytes([byte]))
            time.sleep(self._drip)

    def _answer(self, command: str) -> str:
        known = max((start for start in self._answers if command.upper().startswith(start.upper())), key=len, default=None)
        if known is None:
            return OK
        answers = self._answers[known]
        if isinstance(answers, str):
            return answers
        number = self._given.get(known, 0)
        self._given[known] = number + 1
        return answers[min(number, len(answers) - 1)]
