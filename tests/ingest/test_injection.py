"""Whatever stands in names and passwords, the server hears the commands that were meant and no other."""

import random
import re
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest

from ingest.imap import open_client
from ingest.lifeline import Client, Lifeline
from ingest.sasl import log_in_with_password
from ingest.wire import HostileArgumentError
from ledger.errors import OperatorError
from ledger.mailboxes import MailboxSettings

HOW_MANY = 10_000
PIECES = (
    *(
        "\r\n",
        "\n",
        "\r",
        "\0",
        '"',
        "\\",
        '\\"',
        " ",
        "(",
        ")",
        "{5}",
        "{5+}",
        "{0}\r\n",
        "*",
        "%",
        "]",
        "&",
        "&AAo-",
        "~",
        "\x01",
        "\x7f",
        "\t",
    ),
    *("\u2028", "\u0085", "\u560a", "\u4e0d", "\ud800", "é", "ß", "🙂", "a", "INBOX", "anna@example.org", "hunter2", "="),
    *(
        "X1 STORE 1:* +FLAGS (\\Deleted)",
        "A2 LOGOUT",
        "\r\nA3 DELETE INBOX\r\n",
        '" "x"\r\nA4 EXPUNGE\r\n',
        "\nNOOP\n",
        "AAAA5 CREATE evil\r\n",
    ),
)
CAPABILITY = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2\r\n"
MEANT = ("CAPABILITY", "LOGIN", "AUTHENTICATE PLAIN", "EXAMINE", "UID SEARCH")


def hostile(count: int) -> Iterator[str]:
    """Strings made to break out of an argument, the same in every run."""
    chance = random.Random(657)
    for _ in range(count):
        yield "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))


class Recorder:
    """An IMAP server that writes down every line and agrees with all of them."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Recorder":
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
        with client, client.makefile("rb") as lines:
            client.sendall(b"* OK ready\r\n")
            for line in lines:
                self.lines.append(line)
                tag, _, command = line.partition(b" ")
                if command.upper().startswith(b"AUTHENTICATE"):
                    client.sendall(b"+ \r\n")
                    self.lines.append(lines.readline())
                client.sendall(CAPABILITY * command.startswith(b"CAPABILITY") + tag.strip() + b" OK done\r\n")


def commands(lines: list[bytes]) -> list[str]:
    """The commands in what was heard; a line that is none, or with a tag out of turn, fails."""
    found, last, sasl = list[str](), -1, False
    for line in lines:
        text = line.decode("latin-1")
        assert text.endswith("\r\n")
        assert not re.search(r"[\r\n\0]", text[:-2])
        if sasl:
            assert re.fullmatch(r"[A-Za-z0-9+/=]*\r\n", text)
            sasl = False
            continue
        match = re.match(r"[A-P]{4,5}(\d+) (.+)\r\n", text)
        assert match, text
        assert int(match[1]) > last, text
        last = int(match[1])
        found.append(next(meant for meant in MEANT if match[2].startswith(meant)))
        sasl = found[-1].startswith("AUTHENTICATE")
    return found


ASKED: tuple[Callable[[Client, str], object], ...] = (
    lambda client, text: log_in_with_password(client, text.encode("ascii", "ignore").decode(), "x"),
    lambda client, text: log_in_with_password(client, "x", text.encode("ascii", "ignore").decode()),
    lambda client, text: client.select_folder(text, readonly=True),
)


def test_ten_thousand_hostile_strings_inject_no_command() -> None:
    """Each as a log-in name, a password or a folder: one line for one command, or nothing."""
    sent = refused = 0
    with Recorder() as server:
        client = Client(Lifeline(), "127.0.0.1", server.port, ssl=False)
        for number, text in enumerate(hostile(HOW_MANY)):
            ask = ASKED[number % len(ASKED)]
            client._imap.state = "NONAUTH" if ask in ASKED[:2] else "SELECTED"
            try:
                ask(client, text)
                sent += 1
            except (HostileArgumentError, UnicodeEncodeError):
                refused += 1
        client.shutdown()
        heard = commands(server.lines)
    assert sent + refused == HOW_MANY
    assert min(sent, refused) > 1000
    assert len([command for command in heard if command != "CAPABILITY"]) == sent


@pytest.mark.parametrize("sign", ["\r", "\n", "\0", "\r\nA1 LOGOUT\r\n"])
@pytest.mark.parametrize("where", ["login", "password", "token"])
def test_nothing_is_said_to_a_server_with_a_name_password_or_token_that_holds_a_line_break(sign: str, where: str) -> None:
    given = {"login": "anna", "password": "hunter2"}
    given["login" if where == "login" else "password"] = f"a{sign}b"
    with Recorder() as server:
        settings = MailboxSettings("imap", "127.0.0.1", server.port, "loopback", given["login"], oauth="rig" if where == "token" else None)
        with pytest.raises(OperatorError, match="line break or a zero byte"):
            open_client(settings, given["password"], allow_loopback=True)
        assert server.lines == []
