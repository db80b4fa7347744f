"""Which mail counts: what is not sure, proven and the user's own moves nothing until a person says so."""

from typing import Any

import pytest

from ledger.outcome import DECISIVE, Outcome, Product
from ledger.status import State, judged_mails
from ledger.trust import Seal, Trust
from tests.ledger.story import Story, moment

DOUBTFUL = [Trust.UNPROVEN, Trust.FORGED, Trust.UNKNOWN]
MOVING = [outcome for outcome in Outcome if outcome is not Outcome.UNRELATED]


def test_an_unrelated_mail_moves_nothing_and_asks_for_nobody(story: Story) -> None:
    story.mail(0, Outcome.UNRELATED)
    story.mail(1, Outcome.UNRELATED, trust=Trust.UNPROVEN)
    assert (story.status.cases, story.status.unproven, story.status.needs_review) == ((), 0, 0)


@pytest.mark.parametrize("outcome", MOVING)
def test_an_abstained_mail_moves_nothing_and_waits_for_a_person(story: Story, outcome: Outcome) -> None:
    story.mail(0, outcome, abstained=True)
    assert (story.status.cases, story.status.needs_review) == ((), 1)


@pytest.mark.parametrize("trust", DOUBTFUL)
@pytest.mark.parametrize("outcome", MOVING)
def test_a_mail_that_nothing_proves_moves_nothing_and_is_counted(story: Story, outcome: Outcome, trust: Trust) -> None:
    story.mail(0, outcome, trust=trust)
    assert (story.status.cases, story.status.unproven) == ((), 1)


def test_a_forged_rejection_does_not_disturb_a_confirmation(story: Story) -> None:
    story.mail(0, Outcome.CONFIRMATION)
    story.mail(1, Outcome.REJECTION, trust=Trust.FORGED)
    assert story.case.state is State.CONFIRMED


@pytest.mark.parametrize("outcome", sorted(DECISIVE))
def test_a_decisive_mail_that_is_not_bound_to_the_user_moves_nothing_and_waits_for_a_person(story: Story, outcome: Outcome) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(1, outcome, bound=False)
    assert (story.case.state, story.case.since, story.status.needs_review) == (State.PENDING, moment(0), 1)


@pytest.mark.parametrize("facts", [{"bound": False, "trust": Trust.UNPROVEN}, {"bound": False, "abstained": True}])
def test_a_mail_that_is_doubtful_twice_waits_once(story: Story, facts: dict[str, Any]) -> None:
    story.mail(0, Outcome.CONFIRMATION, **facts)
    assert story.status.needs_review == (1 if "abstained" in facts else 0)
    assert story.status.unproven == (1 if "trust" in facts else 0)


@pytest.mark.parametrize("outcome", [o for o in MOVING if o not in DECISIVE])
def test_any_other_mail_counts_without_being_bound(story: Story, outcome: Outcome) -> None:
    story.mail(0, outcome, bound=False)
    assert story.case.state is not State.NONE


def test_a_mail_counts_once_its_address_became_known(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION, bound=False)
    story.looked_again(sha256, bound=True)
    assert story.case.state is State.CONFIRMED


# another look


def test_a_mail_counts_once_its_key_could_be_reached(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION, trust=Trust.UNKNOWN)
    assert story.status.unproven == 1
    story.looked_again(sha256, trust=Trust.PROVEN)
    assert (story.case.state, story.case.since, story.status.unproven) == (State.CONFIRMED, moment(0), 0)


@pytest.mark.parametrize("trust", DOUBTFUL)
def test_a_proof_once_given_is_never_taken_back(story: Story, trust: Trust) -> None:
    seal = Seal("dkim", "facebookmail.com", "s1", key="v=DKIM1; p=AA")
    sha256 = story.mail(0, Outcome.CONFIRMATION, trust_reason="DKIM d=facebookmail.com", seal=seal)
    story.looked_again(sha256, trust=trust, trust_reason="the key is gone", seal=None, model="model-2")
    fact = story.case.because
    assert fact is not None
    assert fact.decision is not None
    assert (fact.decision.trust, fact.decision.trust_reason) == (Trust.PROVEN, "DKIM d=facebookmail.com")
    assert (fact.decision.seal, fact.decision.model, story.status.unproven) == (seal, "model-2", 0)


def test_a_newer_model_s_decision_replaces_the_older_one_s(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION)
    story.looked_again(sha256, outcome=Outcome.REJECTION, model="model-2")
    assert story.case.state is State.REJECTED


def test_a_newer_model_may_move_a_mail_to_another_case(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION)
    story.looked_again(sha256, product=Product.FACEBOOK, model="model-2")
    assert story.case.product is Product.FACEBOOK


def test_a_newer_model_that_abstains_takes_the_mail_back_into_review(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION)
    story.looked_again(sha256, abstained=True, model="model-2")
    assert (story.status.cases, story.status.needs_review) == ((), 1)


# a person's word


@pytest.mark.parametrize("trust", DOUBTFUL)
def test_a_person_s_word_makes_an_unproven_mail_count(story: Story, trust: Trust) -> None:
    sha256 = story.mail(0, Outcome.REJECTION, trust=trust)
    story.corrected(sha256, Outcome.REJECTION, by="anna")
    assert (story.case.state, story.case.since, story.status.unproven) == (State.REJECTED, moment(0), 0)
    assert story.case.because is not None
    assert story.case.because.decided_by == "person:anna"


def test_a_person_s_word_ends_the_model_s_doubt(story: Story) -> None:
    sha256 = story.mail(0, Outcome.REJECTION, abstained=True)
    story.corrected(sha256, Outcome.CONFIRMATION)
    assert (story.case.state, story.status.needs_review) == (State.CONFIRMED, 0)


def test_a_person_s_word_makes_an_unbound_mail_count(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION, bound=False)
    story.corrected(sha256, Outcome.CONFIRMATION)
    assert (story.case.state, story.status.needs_review) == (State.CONFIRMED, 0)


def test_a_person_s_word_takes_a_mail_out_of_the_count(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION)
    story.corrected(sha256, Outcome.UNRELATED)
    assert (story.status.cases, story.status.needs_review, story.status.unproven) == ((), 0, 0)


def test_a_person_s_word_outranks_every_later_replay(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION)
    story.corrected(sha256, Outcome.REJECTION)
    for model in ("model-2", "model-3"):
        story.looked_again(sha256, outcome=Outcome.CONFIRMATION, model=model, confidence=1.0)
    assert story.case.state is State.REJECTED
    assert story.case.because is not None
    assert story.case.because.decided_by == "person:anna"


def test_of_several_words_the_last_said_counts_whenever_it_was_written(story: Story) -> None:
    sha256 = story.mail(0, Outcome.RECEIPT)
    story.corrected(sha256, Outcome.CONFIRMATION, days=20, by="ben")
    story.corrected(sha256, Outcome.REJECTION, days=10, by="anna")
    assert story.case.state is State.CONFIRMED
    assert story.case.because is not None
    assert story.case.because.decided_by == "person:ben"


def test_a_corrected_mail_counts_from_its_arrival_not_from_the_day_of_the_word(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION, abstained=True)
    story.mail(5, Outcome.REJECTION)
    story.corrected(sha256, Outcome.CONFIRMATION, days=50)
    assert (story.case.state, story.case.since) == (State.CONTRADICTED, moment(5))


def test_a_word_on_a_mail_that_the_ledger_does_not_know_moves_nothing(story: Story) -> None:
    story.corrected("f" * 64, Outcome.CONFIRMATION)
    assert story.status.cases == ()


# the view that the review queue uses


def test_the_list_of_mails_says_what_is_in_force_on_each_oldest_first(story: Story) -> None:
    late = story.mail(9, Outcome.NOTICE, abstained=True)
    early = story.mail(1, Outcome.RECEIPT)
    story.looked_again(early, model="model-2", trust=Trust.UNKNOWN)
    story.corrected(early, Outcome.CONFIRMATION)
    first, second = judged_mails(story.entries)
    assert (first.decision.sha256, first.decision.model, first.decision.trust, first.at) == (early, "model-2", Trust.PROVEN, moment(1))
    assert first.correction is not None
    assert (second.decision.sha256, second.correction) == (late, None)


def test_a_mail_in_two_mailboxes_arrived_when_the_first_copy_did(story: Story) -> None:
    sha256 = story.mail(3, Outcome.CONFIRMATION)
    story.write(moment(1), next(mail.decision for mail in judged_mails(story.entries) if mail.decision.sha256 == sha256))
    assert story.case.since == moment(1)


@pytest.mark.parametrize(("novelty", "new"), [(None, False), (0.0, False), (0.5, True)])
def test_a_sure_answer_in_a_new_wording_counts_and_says_so(story: Story, novelty: float | None, new: bool) -> None:
    story.mail(0, Outcome.CONFIRMATION, novelty=novelty)
    assert (story.case.state, "new_wording" in story.case.flags) == (State.CONFIRMED, new)


def test_a_wording_is_no_longer_new_once_a_person_said_what_it_means(story: Story) -> None:
    sha256 = story.mail(0, Outcome.CONFIRMATION, novelty=0.9)
    story.corrected(sha256, Outcome.CONFIRMATION)
    assert (story.case.state, story.case.flags) == (State.CONFIRMED, frozenset())
