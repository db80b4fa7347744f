"""What a model in the shadow says of the mails that were decided without it. It touches no case: nothing here writes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ingest.decide import Classify
from ingest.replay import Known, decided_again, stored
from ledger.entry import Decision
from ledger.ledger import Ledger
from ledger.outcome import Outcome
from ledger.people import User


@dataclass(frozen=True, slots=True)
class Beside:
    """One mail: what was decided, what the shadow would have decided, and what a person said, if anything."""

    user: User
    decided: Decision
    shadow: Decision
    said: Outcome | None

    @property
    def agree(self) -> bool:
        """Whether both decide the same, or both leave it to a person."""
        return effect(self.decided) == effect(self.shadow)


def effect(decision: Decision) -> Outcome | None:
    """What a decision decides: None where it abstains."""
    return None if decision.abstained else decision.outcome


def beside(ledger: Ledger, users: Iterable[User], since: datetime, classify: Classify) -> Iterator[Beside]:
    """Every mail that was decided since the shadow began, with the shadow's word on it."""
    said: dict[tuple[User, str], Outcome] = {}

    def known() -> Iterator[Known]:
        for user in users:
            for judged in ledger.record.judged_since(user, since):
                if judged.correction:
                    said[user, judged.decision.sha256] = judged.correction.outcome
                yield Known(user, judged.at, judged.decision)

    for each, shadow in decided_again(stored(ledger, known()), classify):
        yield Beside(each.user, each.decision, shadow, said.get((each.user, shadow.sha256)))


@dataclass(frozen=True, slots=True)
class Tally:
    """Mails on which the current model decided one thing (`decided`: None where it abstained), and what the shadow made of them."""

    decided: Outcome | None
    mails: int
    same: int
    otherwise: int
    abstained: int


def tallies(found: Iterable[Beside]) -> list[Tally]:
    """One row for each thing that was decided, in the order of the outcomes; abstentions last."""
    pairs = Counter((effect(b.decided), effect(b.shadow)) for b in found)
    rows = []
    for decided in (*Outcome, None):
        own = {shadow: count for (was, shadow), count in pairs.items() if was is decided}
        total, same, left = sum(own.values()), own.get(decided, 0), own.get(None, 0) if decided else 0
        if total:
            rows.append(Tally(decided, total, same, total - same - left, left))
    return rows


def right(found: Iterable[Beside]) -> tuple[int, int, int]:
    """Of the mails that a person spoke about: how many, and on how many the current model and the shadow said the same."""
    told = [b for b in found if b.said is not None]
    return len(told), sum(effect(b.decided) is b.said for b in told), sum(effect(b.shadow) is b.said for b in told)
