"""Form links in the store: once each, with their probes, and only what may be kept."""

from datetime import timedelta

from sqlalchemy import delete, func, insert, select, text

from ledger.database import Database
from ledger.ledger import Ledger
from ledger.links import Links
from ledger.outcome import Product
from ledger.probe import Finding, Probe, Standing
from ledger.tables import links, organisations, probes
from ledger.trust import Trust
from tests.ledger.archive import arrival, batch, mailbox, person, verdict
from tests.ledger.story import moment

FORM = "https://www.facebook.com/help/contact/712876720715583"
NEW_FORM = "https://www.facebook.com/help/contact/999999999999999"


def named(ledger: Ledger, *urls: str, name: str = "anna", uid: int = 1, trust: Trust = Trust.PROVEN) -> None:
    """A mail that names these forms is decided."""
    user = person(ledger, name)
    box = mailbox(ledger, user, name=f"{name}@example.org")
    mail = arrival(uid, days=uid)
    ledger.record.store(batch(box, mail))
    found = verdict(user, mail, form_url=urls[0], form_urls=urls, trust=trust)
    ledger.record.decide(box, {mail.sha256 or "": "decided"}, [found], moment(uid))


def test_a_form_that_many_mails_name_is_one_link(ledger: Ledger) -> None:
    named(ledger, FORM)
    named(ledger, FORM, NEW_FORM, name="ben", uid=2)
    first, second = ledger.links.all()
    assert (first.url, first.product, first.first_seen) == (FORM, Product.FACEBOOK, moment(1))
    assert (second.url, second.product, second.first_seen) == (NEW_FORM, None, moment(2))


def test_mail_that_proves_nothing_makes_no_unknown_link(ledger: Ledger) -> None:
    named(ledger, NEW_FORM, FORM, trust=Trust.UNPROVEN)
    assert [link.url for link in ledger.links.all()] == [FORM]


def test_probes_are_kept_with_what_they_saw_and_the_next_is_due_later(ledger: Ledger) -> None:
    named(ledger, FORM)
    (link,) = ledger.links.due(moment(1), 10)
    probe = Probe(moment(1), Finding.REMOVED, 404, ("www.facebook.com", "help.meta.com"), "x" * 300, "157.240.0.35")
    ledger.links.note(link, probe, moment(1) + timedelta(hours=8))
    (history,) = ledger.links.histories()
    (kept,) = history.probes
    assert (kept.finding, kept.http_status, kept.hops, kept.address) == (Finding.REMOVED, 404, probe.hops, "157.240.0.35")
    assert len(kept.excerpt) == 200
    assert history.health.standing is Standing.UNCLEAR
    assert ledger.links.due(moment(1) + timedelta(hours=7), 10) == []
    assert [due.url for due in ledger.links.due(moment(1) + timedelta(hours=8), 10)] == [FORM]
    assert ledger.links.counts() == {"removed": 1}


def test_probes_of_long_ago_are_let_go(ledger: Ledger) -> None:
    named(ledger, FORM)
    (link,) = ledger.links.all()
    for days in (1, 100, 450):
        ledger.links.note(link, Probe(moment(days), Finding.OK), moment(days))
    assert [probe.at for probe in ledger.links.histories()[0].probes] == [moment(100), moment(450)]


def test_links_belong_to_their_organisation(ledger: Ledger) -> None:
    named(ledger, FORM)
    other = Links(ledger.database, ledger.database.organisation_id("other"))
    assert other.all() == []
    assert other.histories() == []


def test_what_belongs_to_a_link_goes_with_it(ledger: Ledger) -> None:
    named(ledger, FORM)
    (link,) = ledger.links.all()
    ledger.links.note(link, Probe(moment(1), Finding.OK), moment(2))
    with ledger.database.write() as connection:
        connection.execute(delete(links))
        assert connection.scalar(select(func.count()).select_from(probes)) == 0


def test_links_of_mails_from_before_are_taken_over(empty_url: str) -> None:
    database = Database(empty_url)
    _migrate_to_the_first(database)
    with database.write() as connection:
        connection.execute(insert(organisations).values(id=1, name="default"))
        connection.execute(text("INSERT INTO users (id, organisation_id, name, created_at) VALUES (1, 1, 'anna', '2025-01-01 00:00:00')"))
        for seq, (trust, form) in enumerate([("proven", FORM), ("unproven", NEW_FORM), ("proven", FORM)], 1):
            body = f'{{"form_url":"{form}","trust":"{trust}","product":"facebook","track":"own_data"}}'
            connection.execute(
                text(
                    "INSERT INTO entries (organisation_id, user_id, seq, kind, key, at, recorded_at, body, hash) "
                    "VALUES (1, 1, :seq, 'decision', :key, '2025-05-13 09:12:00', '2025-05-13 09:12:00', :body, 'x')"
                ),
                {"seq": seq, "key": str(seq), "body": body},
            )
    database.migrate()
    (link,) = Links(database, 1).all()
    assert (link.url, link.product, link.first_seen.date()) == (FORM, Product.FACEBOOK, moment(0).date())
    database.close()


def _migrate_to_the_first(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    from ledger.database import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
