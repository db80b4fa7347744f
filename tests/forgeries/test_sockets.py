"""Reading and deciding mail reaches nothing but the name server: every labelled mail, and any folder that DEMUR_CORPORA names."""

import os
import socket
from pathlib import Path

import pytest

from bench.judged import judged
from bench.sockets import RefusedError, guarded_sockets
from demur.demo.nameserver import NameServer
from demur.judge import Judge
from ingest.folder import mails_in
from ingest.keys import Keys
from ledger.trust import Trust
from tests.forgeries.corpus import Forger
from tests.forgeries.letters import ANNA
from tests.ingest.labelled import FIXTURES

FOLDERS = [FIXTURES, *(Path(name) for name in os.environ.get("DEMUR_CORPORA", "").split(os.pathsep) if name)]


def place(server: NameServer) -> tuple[str, int]:
    host, port = server.address.rsplit(":", 1)
    return host, int(port)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_mail_is_decided_without_a_connection_and_moves_nothing_unproven(folder: Path, judge: Judge, meta_dns: NameServer) -> None:
    keys = Keys((place(meta_dns),))
    judge.model()
    raws = [mail.raw for mail in mails_in(folder) if mail.error is None]
    with guarded_sockets(place(meta_dns)) as refused:
        found = [one for start in range(0, len(raws), 200) for one in judged(raws[start : start + 200], judge, keys)]
    assert refused == []
    assert len(found) == len(raws) > 1000
    assert [one.decision.sha256 for one in found if one.moves and one.decision.trust is not Trust.PROVEN] == []


def test_the_guard_lets_keys_through_and_a_proven_mail_moves(judge: Judge, meta_dns: NameServer, forger: Forger) -> None:
    judge.model()
    with guarded_sockets(place(meta_dns)) as refused:
        [one] = judged([forger.letters[0].signed(forger.meta, to=ANNA)], judge, Keys((place(meta_dns),)))
    assert (one.moves, one.decision.trust, refused) == (True, Trust.PROVEN, [])


def test_the_guard_refuses_and_counts_whatever_else_is_reached(meta_dns: NameServer) -> None:
    with guarded_sockets(place(meta_dns)) as refused:
        for reach in (
            lambda: socket.create_connection(("127.0.0.1", 9)),
            lambda: socket.getaddrinfo("facebook.com", 443),
            lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
            lambda: socket.socket().connect(("127.0.0.1", 9)),
        ):
            with pytest.raises(RefusedError):
                reach()
    assert len(refused) == 4


def test_the_guard_sees_what_the_resolver_does(meta_dns: NameServer) -> None:
    """dnspython holds sockets that it took before any guard stood: the guard must see them all the same."""
    with guarded_sockets() as refused:
        assert not Keys((place(meta_dns),)).look_up("rig._domainkey.facebookmail.com").reachable
    assert refused
