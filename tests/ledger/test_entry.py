"""Entries as they are written: a body survives its JSON, and no entry can be altered without the chain telling."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import BODIES, GENESIS, Body, Correction, Decision, Filing, LinkProbe, body_json, body_of, chained, filing_of
from ledger.outcome import Outcome, Product, Track
from ledger.probe import Finding
from ledger.trust import Seal, Trust
from tests.ledger.story import START, decision

ZONE = timezone(timedelta(hours=2))
FULL = Decision(
    sha256="a" * 64,
    outcome=Outcome.CONFIRMATION,
    confidence=0.875,
    abstained=False,
    model="2026.11.22-1a2b3c",
    trust=Trust.PROVEN,
    trust_reason="DKIM d=facebookmail.com",
    product=Product.META,
    track=Track.THIRD_PARTY,
    bound=True,
    bound_reason="To is the user's address",
    subject="Wir haben Ihren Widerspruch geprüft 🎉\n\x00",
    phrases=("werden wir berücksichtigen", "«ναι»"),
    language="de",
    form_url="https://www.facebook.com/help/contact/712876720715583",
    announces_extension=True,
    names_accounts_centre=True,
    mailbox="anna@example.org",
    defects=("no date",),
    asks=("COUNTRY",),
    seal=Seal("dkim", "facebookmail.com", "s1", "rsa-sha256", "v=DKIM1; p=AA", "b", "bh", START, START, "d" * 64),
)
EXAMPLES: list[Body] = [
    FULL,
    decision("b" * 64, Outcome.NOTICE),
    Correction("a" * 64, Outcome.REJECTION, "ben", datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)),
    Filing(Product.INSTAGRAM, Track.OWN_DATA, date(2025, 5, 13), whole_day=True, by="anna"),
    Filing(Product.THREADS, Track.THIRD_PARTY, date(2024, 2, 29), whole_day=False, by="Ünal"),
    LinkProbe(Product.META, Track.OWN_DATA, "https://x.example", broken=True, finding=Finding.REMOVED, probed_at=START, evidence=("one",)),
]


def test_there_is_an_example_of_every_kind() -> None:
    assert {body.kind for body in EXAMPLES} == set(BODIES)


@pytest.mark.parametrize("body", EXAMPLES, ids=lambda body: body.kind)
def test_a_body_survives_its_json(body: Body) -> None:
    assert body_of(body.kind, body_json(body)) == body


@pytest.mark.parametrize("body", EXAMPLES, ids=lambda body: body.kind)
def test_keys_that_a_newer_version_wrote_are_left_out(body: Body) -> None:
    newer = json.dumps(json.loads(body_json(body)) | {"mood": "sunny", "kind": "other"})
    assert body_of(body.kind, newer) == body


def test_a_body_of_an_older_version_gets_the_usual_values() -> None:
    newest = {"phrases", "language", "form_url", "announces_extension", "names_accounts_centre", "mailbox", "defects"}
    older = json.dumps({name: value for name, value in json.loads(body_json(FULL)).items() if name not in newest})
    read = body_of("decision", older)
    assert isinstance(read, Decision)
    assert (read.phrases, read.language, read.defects, read.announces_extension) == ((), None, (), False)


@pytest.mark.parametrize("body", EXAMPLES, ids=lambda body: body.kind)
def test_json_is_canonical_ascii_on_one_line(body: Body) -> None:
    text = body_json(body)
    assert text.isascii()
    assert text.isprintable()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


@given(st.text(st.characters(exclude_categories=())), st.lists(st.text()), st.floats(0, 1), st.sampled_from(Outcome))
def test_any_text_of_a_mail_survives_its_json(subject: str, phrases: list[str], confidence: float, outcome: Outcome) -> None:
    body = decision("c" * 64, outcome, subject=subject, phrases=tuple(phrases), confidence=confidence)
    assert body_of("decision", body_json(body)) == body


# keys


def test_the_same_decision_has_the_same_key() -> None:
    assert decision("a" * 64, Outcome.NOTICE).key == decision("a" * 64, Outcome.NOTICE, confidence=0.5).key


@pytest.mark.parametrize("change", [{"model": "model-2"}, {"trust": Trust.UNKNOWN}, {"bound": False}])
def test_another_look_has_another_key(change: dict[str, object]) -> None:
    assert decision("a" * 64, Outcome.NOTICE, **change).key != decision("a" * 64, Outcome.NOTICE).key


def test_a_decision_repeats_one_that_has_the_same_effect() -> None:
    one = decision("a" * 64, Outcome.NOTICE)
    assert one.repeats(decision("a" * 64, Outcome.NOTICE, confidence=0.5, phrases=("may object",)))
    assert not one.repeats(decision("a" * 64, Outcome.RECEIPT))
    assert not one.repeats(decision("b" * 64, Outcome.NOTICE))
    assert not one.repeats(None)


def test_two_words_on_a_mail_are_two_corrections() -> None:
    keys = {Correction("a" * 64, Outcome.NOTICE, "anna", START + timedelta(microseconds=number)).key for number in range(2)}
    assert len(keys) == 2


def test_a_day_is_filed_once_for_each_product_and_track() -> None:
    day = date(2025, 5, 13)
    keys = [Filing(p, t, day, whole, by).key for p in Product for t in Track for whole in (True, False) for by in ("anna", "ben")]
    assert len(set(keys)) == len(Product) * len(Track)


# filings


def test_a_filing_without_a_day_is_of_this_moment() -> None:
    at, filing = filing_of(Product.FACEBOOK, Track.OWN_DATA, None, "anna", START)
    assert (at, filing) == (START, Filing(Product.FACEBOOK, Track.OWN_DATA, START.date(), False, "anna"))


def test_the_day_of_this_moment_is_the_one_in_utc() -> None:
    after_midnight = datetime(2025, 5, 14, 1, 0, tzinfo=ZONE)
    _, filing = filing_of(Product.FACEBOOK, Track.OWN_DATA, None, "anna", after_midnight)
    assert filing.on == date(2025, 5, 13)


def test_a_filing_of_a_named_day_is_of_its_first_moment() -> None:
    at, filing = filing_of(Product.FACEBOOK, Track.OWN_DATA, date(2025, 5, 1), "anna", START)
    assert at == datetime(2025, 5, 1, tzinfo=UTC)
    assert filing.whole_day


# the chain


def test_an_entry_of_an_older_version_reads_without_what_it_does_not_know() -> None:
    older = {name: value for name, value in json.loads(body_json(FULL)).items() if name not in {"seal", "template"}}
    read = body_of("decision", json.dumps(older))
    assert read == replace(FULL, seal=None, template="")


LINK: dict[str, object] = {
    "previous": GENESIS, "user": "anna", "seq": 1, "at": START, "recorded_at": START, "kind": "filing", "body": "{}",
}  # fmt: skip


def _hash(**changes: object) -> str:
    return chained(**(LINK | changes))  # type: ignore[arg-type]


def test_a_link_is_a_sha256_that_anyone_can_compute_again() -> None:
    assert _hash() == _hash()
    assert len(_hash()) == 64
    assert set(_hash()) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "change",
    [
        {"previous": "1" * 64},
        {"user": "ben"},
        {"seq": 2},
        {"at": START + timedelta(microseconds=1)},
        {"recorded_at": START + timedelta(microseconds=1)},
        {"kind": "decision"},
        {"body": '{"a":1}'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_altered_alters_the_hash(change: dict[str, object]) -> None:
    assert _hash(**change) != _hash()
