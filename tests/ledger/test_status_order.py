"""The fold's promise: the same facts add up to the same status, whatever the order they were written in and however often."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.entry import Body, Correction, Decision, Entry, Filing, LinkProbe
from ledger.outcome import Outcome, Product, Track
from ledger.probe import Finding
from ledger.status import State, judged_mails, status_of
from ledger.trust import Trust
from tests.ledger.story import day, decision, moment

HOURS = st.integers(0, 24 * 120).map(lambda hours: hours / 24)
PRODUCTS = st.sampled_from([Product.INSTAGRAM, Product.FACEBOOK])
TRACKS = st.sampled_from(Track)
MAILS = st.sampled_from([letter * 64 for letter in "abc"])
DECISIONS = st.builds(
    decision,
    MAILS,
    st.sampled_from(Outcome),
    product=PRODUCTS,
    track=TRACKS,
    trust=st.sampled_from([Trust.PROVEN, Trust.PROVEN, Trust.UNPROVEN, Trust.UNKNOWN]),
    trust_reason=st.sampled_from(["DKIM d=facebookmail.com", "DKIM d=meta.com"]),
    bound=st.booleans(),
    abstained=st.booleans(),
    model=st.sampled_from(["model-1", "model-2"]),
    announces_extension=st.booleans(),
    names_accounts_centre=st.booleans(),
    form_url=st.sampled_from([None, "https://www.facebook.com/help/contact/712876720715583"]),
)
CORRECTIONS = st.builds(
    lambda sha256, outcome, days: Correction(sha256, outcome, "anna", moment(days)),
    MAILS,
    st.sampled_from(Outcome),
    HOURS,
)
FILINGS = st.builds(
    lambda product, track, days, whole: Filing(product, track, day(days), whole, "anna"),
    PRODUCTS,
    TRACKS,
    st.integers(0, 90),
    st.booleans(),
)
PROBES = st.builds(
    lambda product, track, url, broken, days: LinkProbe(product, track, url, broken, Finding.REMOVED, moment(days)),
    PRODUCTS,
    TRACKS,
    st.sampled_from(["https://www.facebook.com/help/contact/712876720715583", "https://help.instagram.com/contact/767264225370182"]),
    st.booleans(),
    HOURS,
)
WRITTEN = st.lists(st.tuples(HOURS, st.one_of(DECISIONS, DECISIONS, CORRECTIONS, FILINGS, PROBES)), max_size=14)


def _entries(written: list[tuple[float, Body]]) -> list[Entry]:
    """What was told, as entries: one for each key but for decisions, each written at a moment of its own."""
    told = {str(number) if isinstance(body, Decision) else body.key: (days, body) for number, (days, body) in enumerate(written)}
    return [
        Entry(moment(days), moment(200) + timedelta(minutes=number), body, number) for number, (days, body) in enumerate(told.values(), 1)
    ]


def _rewritten(entries: list[Entry]) -> list[Entry]:
    return [replace(entry, seq=number) for number, entry in enumerate(entries, 1)]


@settings(max_examples=300)
@given(WRITTEN, st.randoms(use_true_random=False))
def test_the_status_is_the_same_whatever_the_order_of_writing(written: list[tuple[float, Body]], chance: random.Random) -> None:
    entries = _entries(written)
    shuffled = chance.sample(entries, len(entries))
    assert status_of(_rewritten(shuffled)) == status_of(entries)
    assert judged_mails(_rewritten(shuffled)) == judged_mails(entries)


LOOKS = st.lists(
    st.builds(
        lambda trust, reason: decision("a" * 64, Outcome.CONFIRMATION, trust=trust, trust_reason=reason),
        st.sampled_from(Trust),
        st.sampled_from(["DKIM d=facebookmail.com", "DKIM d=meta.com", "the key is gone"]),
    ),
    min_size=1,
    max_size=5,
)


@given(LOOKS, st.randoms(use_true_random=False))
def test_many_looks_at_one_mail_add_up_to_the_same_proof(looks: list[Decision], chance: random.Random) -> None:
    entries = _entries([(0, look) for look in looks])
    shuffled = _rewritten(chance.sample(entries, len(entries)))
    assert judged_mails(shuffled) == judged_mails(entries)
    (mail,) = judged_mails(shuffled)
    assert (mail.decision.trust is Trust.PROVEN) is any(look.trust is Trust.PROVEN for look in looks)


@given(WRITTEN)
def test_what_is_written_twice_counts_once(written: list[tuple[float, Body]]) -> None:
    entries = _entries(written)
    twice = [entry for entry in entries for _ in range(2)]
    assert status_of(_rewritten(twice)) == status_of(entries)


@given(WRITTEN)
def test_every_status_can_be_explained(written: list[tuple[float, Body]]) -> None:
    for case in status_of(_entries(written)).cases:
        assert case.state is not State.NONE
        assert case.since is not None
        assert case.because is not None
        assert case.because.at == case.since
        assert (case.against is not None) is (case.state is State.CONTRADICTED)
        assert case.attempt >= 1
        assert case.paused_days >= 0
        assert (case.answer_due is None) or case.clock is not None


@given(WRITTEN, st.sampled_from(["model-1", "model-2"]))
def test_no_replay_moves_what_a_person_decided(written: list[tuple[float, Body]], model: str) -> None:
    entries = _entries(written)
    said = {mail.decision.sha256 for mail in judged_mails(entries) if mail.correction}
    replays = [
        Entry(mail.at, moment(300), replace(mail.decision, outcome=Outcome.NOTICE, model=model, confidence=1.0), 100 + number)
        for number, mail in enumerate(judged_mails(entries))
        if mail.decision.sha256 in said
    ]
    before, after = status_of(entries), status_of([*entries, *replays])
    assert [(c.state, c.since) for c in after.cases] == [(c.state, c.since) for c in before.cases]
