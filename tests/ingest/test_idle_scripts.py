"""What servers do around IDLE, told to the whole worker: mail is found whether or not it is announced, and nobody asks in a frenzy."""

from dataclasses import dataclass, replace

import pytest

from ledger.ledger import Ledger
from tests.ingest.scripts import GOOD, examined
from tests.ingest.test_worker import QUICK, ledger, on_script, working
from tests.rig.free import until
from tests.rig.scripted import OK, Scripted

__all__ = ["ledger"]
EMPTY = examined(exists=0, uidnext=1)


@dataclass(frozen=True, slots=True)
class Idle:
    """`says`: the answers to IDLE, one after the other. Mail is there from the third EXAMINE on. `within` a slice of so many seconds."""

    must: str
    says: str | list[str]
    slice: float = 60.0
    log_ins: int = 1


IDLES = {
    "EXISTS behind the answer to IDLE": Idle("it is heard, though no socket wakes", "+ idling\r\n* 2 EXISTS\r\n"),
    "mute": Idle("the look after the slice finds the mail", "+ idling\r\n", slice=0.6),
    "BYE while it idles": Idle("the connection is opened again", ["+ idling\r\n* BYE autologout\r\n", "+ idling\r\n"], log_ins=2),
    "an end that nobody asked for": Idle("the look after it finds the mail", ["+ idling\r\n{tag} OK done\r\n", "+ idling\r\n"], log_ins=2),
    "BAD though it is offered": Idle("it is asked without IDLE", "{tag} BAD what\r\n", log_ins=2),
    "NO though it is offered": Idle("it is asked without IDLE", "{tag} NO not today\r\n", log_ins=2),
}


@pytest.mark.parametrize("name", IDLES)
def test_mail_is_found_whatever_becomes_of_idle(name: str, ledger: Ledger) -> None:
    script = IDLES[name]
    says = {"CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\n" + OK, "IDLE": script.says, "EXAMINE": [EMPTY, EMPTY, examined()]}
    with Scripted({**GOOD, **says}) as server:
        mailbox = on_script(ledger, server)
        with working(ledger, replace(QUICK, slice=script.slice, first_slice=script.slice)):
            until(lambda: sum(ledger.mailboxes.counts(mailbox).values()) == 2, 10, script.must)
    assert len([command for command in server.heard if command.startswith("LOGIN")]) <= script.log_ins
    assert len([command for command in server.heard if command.startswith("EXAMINE")]) < 30
