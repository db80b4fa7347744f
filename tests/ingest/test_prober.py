"""From a notice to a broken form and back, over real TLS, with a clock that the test sets."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.fetch import Fetched, Fetcher
from ingest.probe import Judgement
from ingest.prober import AFTER_REFUSAL, MOST_WAIT, USUAL, Consequences, Prober, pause_after
from ledger.lease import lease
from ledger.ledger import Ledger, open_ledger
from ledger.outcome import Outcome, Product, Track
from ledger.people import User
from ledger.probe import Finding, Standing
from ledger.status import Case, State, next_step
from ledger.vault import Vault
from tests.ledger.archive import arrival, batch, mailbox, person, verdict
from tests.ledger.story import moment
from tests.rig.forms import Forms, Play, forms
from tests.rig.free import until

FORM = "https://help.instagram.com/contact/767264225370182"
OTHER = "https://www.facebook.com/help/contact/712876720715583"
FIELDS = '<html><form><textarea name="why"></textarea></form></html>'


def works(visit: object) -> None:
    visit.answer(200, FIELDS)  # type: ignore[attr-defined]


def gone(visit: object) -> None:
    visit.answer(200, "<h2>Sorry, this page isn't available.</h2>")  # type: ignore[attr-defined]


def wall(visit: object) -> None:
    visit.answer(302, Location="/accounts/login/")  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    with forms(tmp_path_factory.mktemp("forms")) as started:
        yield started


@pytest.fixture
def opened(tmp_path: Path, vault: Vault) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'demur.sqlite3'}", tmp_path, vault)
    yield ledger
    ledger.database.close()


@pytest.fixture(scope="module")
def vault() -> Vault:
    from cryptography.fernet import Fernet

    return Vault([Fernet.generate_key().decode()])


@dataclass
class Town:
    """A ledger, a prober, the forms on loopback, and the time."""

    ledger: Ledger
    rig: Forms
    now: datetime = field(default_factory=lambda: moment(1))
    told: int = 0
    prober: Prober = field(init=False)

    def __post_init__(self) -> None:
        self.rig.reset()
        self.rig.server.play = works
        self.prober = Prober(self.ledger, Fetcher(self.rig.line, 5), lambda: self.now, between=0)

    def mail(self, name: str, outcome: Outcome = Outcome.NOTICE, days: float = 0, url: str | None = FORM, **facts: object) -> None:
        """A decided mail of Meta's that names a form."""
        self.told += 1
        user = person(self.ledger, name)
        box = mailbox(self.ledger, user, name=f"{name}@example.org")
        mail = arrival(self.told, days=days)
        self.ledger.record.store(batch(box, mail))
        found = verdict(user, mail, outcome, form_url=url, form_urls=(url,) if url else (), **facts)
        self.ledger.record.decide(box, {mail.sha256 or "": "decided"}, [found], self.now)

    def look(self, play: Play | None = None, hours: float = 8) -> Finding:
        """One pass after so many hours; the finding on the first link."""
        if play:
            self.rig.server.play = play
        self.now += timedelta(hours=hours)
        return next(iter(list(self.prober.all_looks()))).probe.finding

    def user(self, name: str) -> User:
        return self.ledger.people.require(name)

    def case(self, name: str = "anna") -> Case:
        (only,) = self.ledger.record.status(self.user(name)).cases
        return only

    def entries(self, name: str = "anna") -> int:
        return len(self.ledger.record.entries(self.user(name)))


@pytest.fixture
def town(opened: Ledger, rig: Forms) -> Town:
    return Town(opened, rig)


def test_a_notified_case_becomes_link_broken_after_a_day_of_failures_and_recovers(town: Town) -> None:
    town.mail("anna")
    assert town.look(works) is Finding.OK
    for _ in range(3):
        assert town.look(gone) is Finding.REMOVED
        assert town.case().state is State.NOTIFIED
    town.look(gone)
    assert town.case().state is State.LINK_BROKEN
    assert town.case().since == town.now
    assert town.case().because
    probe = town.case().because.probe if town.case().because else None
    assert probe
    assert (probe.finding, len(probe.evidence), probe.http_status) == (Finding.REMOVED, 4, 200)
    assert "this page isn t available" in probe.excerpt
    assert next_step(town.case(), town.now).action == "retry_form"
    town.look(gone)
    assert town.entries() == 2
    town.look(works)
    assert (town.case().state, town.case().since) == (State.NOTIFIED, moment(0))
    assert town.entries() == 3
    assert town.ledger.record.broken_chain(town.user("anna")) is None


def test_everyone_whose_case_rests_on_the_form_is_told_and_nobody_else(town: Town) -> None:
    town.mail("anna")
    town.mail("ben")
    town.mail("carla", url=OTHER, product=Product.FACEBOOK)
    town.mail("dora")
    town.mail("dora", Outcome.RECEIPT, days=0.5, url=None)
    town.mail("emil", track=Track.THIRD_PARTY, url=None)

    def only_instagram(visit: object) -> None:
        gone(visit) if "instagram" in visit.headers["Host"] else works(visit)  # type: ignore[attr-defined]

    for _ in range(4):
        town.look(only_instagram)
    states = {name: town.case(name).state for name in ("anna", "ben", "carla", "dora", "emil")}
    assert states == {
        "anna": State.LINK_BROKEN,
        "ben": State.LINK_BROKEN,
        "carla": State.NOTIFIED,
        "dora": State.PENDING,
        "emil": State.NOTIFIED,
    }


def test_a_log_in_wall_breaks_nothing_however_long_it_stands(town: Town) -> None:
    town.mail("anna")
    for _ in range(8):
        assert town.look(wall) is Finding.NEEDS_LOGIN
    assert town.case().state is State.NOTIFIED


def test_a_network_that_is_away_breaks_nothing(town: Town) -> None:
    town.mail("anna")
    town.rig.names.answers.clear()
    for _ in range(8):
        assert town.look() is Finding.UNREACHABLE
    assert town.case().state is State.NOTIFIED


def test_who_is_told_of_a_form_that_is_broken_already_waits_for_the_next_look(town: Town) -> None:
    town.mail("anna")
    for _ in range(4):
        town.look(gone)
    town.mail("ben", days=3)
    assert Consequences(town.ledger, lambda: town.now).draw() == 0
    town.look(gone, hours=24)
    assert town.case("ben").state is State.LINK_BROKEN


def test_drawing_the_consequences_again_changes_nothing(town: Town) -> None:
    town.mail("anna")
    for _ in range(4):
        town.look(gone)
    before = town.entries()
    assert Consequences(town.ledger, lambda: town.now).draw() == 0
    assert town.entries() == before


def test_what_a_mail_said_is_not_taken_back_by_a_working_form(town: Town) -> None:
    town.mail("anna")
    town.mail("anna", Outcome.BROKEN_LINK, days=0.5)
    for _ in range(4):
        town.look(works)
    assert town.case().state is State.LINK_BROKEN


def test_links_that_are_no_plain_form_are_never_asked(town: Town) -> None:
    town.mail("anna", url="https://www.facebook.com/help/contact/712876720715583?token=1")
    town.mail("anna", url="https://evil.example/help/contact/712876720715583")
    assert {look.probe.finding for look in town.prober.all_looks()} == {Finding.NOT_PROBED}
    assert town.rig.server.asked == []
    assert town.rig.forbidden == 0


def test_only_what_is_due_is_looked_at(town: Town) -> None:
    town.mail("anna")
    assert len(list(town.prober.due_looks())) == 1
    assert list(town.prober.due_looks()) == []
    town.now += USUAL * 2
    assert len(list(town.prober.due_looks())) == 1


def test_only_one_process_probes(town: Town) -> None:
    town.mail("anna")
    with lease(town.ledger.database, town.ledger.data, "links") as held:
        assert held
        assert list(town.prober.due_looks()) == []
        with pytest.raises(Exception, match="another process"):
            list(town.prober.all_looks())
    assert town.rig.server.asked == []


def test_a_prober_that_is_stopped_asks_no_further(town: Town) -> None:
    town.mail("anna")
    town.prober.stop()
    assert list(town.prober.due_looks()) == []
    assert town.rig.server.asked == []


def test_a_host_that_asks_for_rest_is_left_alone_with_all_its_forms(town: Town) -> None:
    town.mail("anna", url=OTHER)
    town.mail("anna", url="https://www.facebook.com/help/contact/6359191084165019")
    town.mail("anna")

    def busy(visit: object) -> None:
        limited = "facebook" in visit.headers["Host"]  # type: ignore[attr-defined]
        visit.answer(429, Retry_After="172800") if limited else works(visit)  # type: ignore[attr-defined]

    town.rig.server.play = busy
    found = {look.link.url: look.probe.finding for look in town.prober.due_looks()}
    assert sorted(found.values()) == [Finding.OK, Finding.RATE_LIMITED]
    town.now += timedelta(hours=47)
    assert [look.link.url for look in town.prober.due_looks()] == [FORM]
    town.now += timedelta(hours=2)
    assert len(list(town.prober.due_looks())) == 1


def test_a_running_prober_looks_at_what_is_due_until_it_is_stopped(town: Town) -> None:
    town.mail("anna")
    prober = Prober(town.ledger, Fetcher(town.rig.line, 5), lambda: town.now, between=0, question=0.05)
    thread = threading.Thread(target=prober.run)
    thread.start()
    until(lambda: town.ledger.links.counts() == {"ok": 1}, what="a look")
    town.now += timedelta(hours=10)
    until(lambda: town.ledger.links.counts() == {"ok": 2}, what="another look")
    prober.stop()
    thread.join(5)
    assert not thread.is_alive()


def fetched(finding: Finding, retry_after: float | None = None) -> Fetched:
    return Fetched(Judgement(finding), retry_after=retry_after)


@pytest.mark.parametrize("seed", range(20))
def test_pauses_are_uneven_longer_after_a_refusal_and_as_long_as_the_site_asks(seed: int) -> None:
    chance = random.Random(seed)
    assert timedelta(hours=6.5) < pause_after(fetched(Finding.OK), chance) < timedelta(hours=9.5)
    assert pause_after(fetched(Finding.REMOVED), chance) < timedelta(hours=5)
    assert pause_after(fetched(Finding.BLOCKED), chance) > AFTER_REFUSAL * 0.8
    assert pause_after(fetched(Finding.RATE_LIMITED, 3 * 86400), chance) == timedelta(days=3)
    assert pause_after(fetched(Finding.RATE_LIMITED, 9e6), chance) == MOST_WAIT


def test_one_host_is_not_asked_twice_at_once() -> None:
    from ingest.prober import Pace

    waited: list[float] = []
    pace = Pace(10, waited.append)
    pace.take_turn("www.facebook.com")
    pace.take_turn("help.instagram.com")
    assert waited == []
    pace.take_turn("www.facebook.com")
    assert waited == [pytest.approx(10, abs=0.5)]


def test_the_history_tells_every_look(town: Town) -> None:
    town.mail("anna")
    for play in (works, wall, gone):
        town.look(play)
    (history,) = town.ledger.links.histories()
    assert [probe.finding for probe in history.probes] == [Finding.OK, Finding.NEEDS_LOGIN, Finding.REMOVED]
    assert history.health.standing is Standing.WORKS
    assert history.probes[0].hops == ("help.instagram.com",)
