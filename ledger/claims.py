"""The signed mails that were seen, by what was signed: who has a copy of each, and which copies count."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from ledger.database import Database
from ledger.entry import Decision, body_of
from ledger.outcome import Outcome
from ledger.people import User
from ledger.replay import Claim, Replay, replays
from ledger.tables import claims, entries, organisations, users
from ledger.trust import Trust
from ledger.verdict import Verdict


def _digest(decision: Decision) -> str | None:
    """What names the signed mail in all its copies; None for what claims nothing."""
    if decision.trust is not Trust.PROVEN or decision.outcome is Outcome.UNRELATED or decision.seal is None:
        return None
    return decision.seal.digest


class Claims:
    """All reads and writes about copies of signed mail, inside one organisation and the caller's transaction."""

    def __init__(self, database: Database, organisation: int) -> None:
        self._db, self._org = database, organisation

    def settled(self, connection: Connection, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts with what is a replay marked, and further ones for older copies that stand otherwise because of these."""
        digests = {digest for verdict in verdicts if (digest := _digest(verdict.decision))}
        if not digests:
            return list(verdicts)
        connection.execute(select(organisations.c.id).where(organisations.c.id == self._org).with_for_update())
        self._note(connection, verdicts)
        rows = self._rows(connection, digests)
        found = self._found(rows)
        marked = [replace(verdict, decision=_marked(verdict.decision, self._replay(verdict, found))) for verdict in verdicts]
        now = {(verdict.user.id, verdict.decision.sha256) for verdict in verdicts}
        changed = [row for row in rows if row.replay != found[row.digest, row.user_id, row.sha256]]
        for row in changed:
            own = (claims.c.user_id == row.user_id, claims.c.digest == row.digest, claims.c.sha256 == row.sha256)
            connection.execute(update(claims).where(*own).values(replay=found[row.digest, row.user_id, row.sha256]))
        others = (row for row in changed if (row.user_id, row.sha256) not in now)
        return marked + [v for row in others for v in self._again(connection, row, found[row.digest, row.user_id, row.sha256])]

    def _note(self, connection: Connection, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            decision = verdict.decision
            if digest := _digest(decision):
                key = {"user_id": verdict.user.id, "digest": digest, "sha256": decision.sha256}
                row = {"organisation_id": self._org, "at": verdict.at, "addressed": decision.addressed}
                connection.execute(self._db.insert_new(claims).values(**key, **row))
                if decision.addressed:
                    connection.execute(
                        update(claims).where(*(claims.c[name] == value for name, value in key.items())).values(addressed=True)
                    )

    def _rows(self, connection: Connection, digests: Iterable[str]) -> Sequence[Any]:
        query = select(claims, users.c.name).join(users, users.c.id == claims.c.user_id)
        return connection.execute(query.where(claims.c.organisation_id == self._org, claims.c.digest.in_(digests))).all()

    def _found(self, rows: Iterable[Any]) -> dict[tuple[str, int, str], Replay | None]:
        of_digest: dict[str, list[Claim]] = {}
        for row in rows:
            of_digest.setdefault(row.digest, []).append(Claim(row.user_id, row.sha256, row.at, row.addressed))
        return {(digest, *copy): replay for digest, some in of_digest.items() for copy, replay in replays(some).items()}

    def _replay(self, verdict: Verdict, found: dict[tuple[str, int, str], Replay | None]) -> Replay | None:
        digest = _digest(verdict.decision)
        return found.get((digest, verdict.user.id, verdict.decision.sha256)) if digest else None

    def _again(self, connection: Connection, row: Any, replay: Replay | None) -> Iterable[Verdict]:
        """The newest decision on an older copy, said anew because another copy came."""
        where = (entries.c.user_id == row.user_id, entries.c.sha256 == row.sha256, entries.c.kind == Decision.kind)
        newest = connection.execute(select(entries).where(*where).order_by(entries.c.seq.desc()).limit(1)).one_or_none()
        if newest:
            decision = body_of(newest.kind, newest.body)
            assert isinstance(decision, Decision)
            yield Verdict(User(row.user_id, row.name), newest.at, _marked(decision, replay))


def _marked(decision: Decision, replay: Replay | None) -> Decision:
    """What is old stays old: its age is a fact of the mail itself."""
    return decision if decision.replay is Replay.OLD else replace(decision, replay=replay)
