"""When an answer is due: what starts the clock, what rests it, what ends it, and what the user can do then."""

from datetime import date, timedelta

import pytest

from ledger.forms import EXPLANATION, GENERAL, form_url
from ledger.outcome import Outcome, Product, Track
from ledger.status import Case, State, next_step
from tests.ledger.story import INSTAGRAM, OWN_DATA, START, Story, day, moment

IN_TIME = date(2025, 6, 13)


@pytest.mark.parametrize("outcome", [Outcome.NOTICE, Outcome.VERIFICATION, Outcome.BROKEN_LINK, Outcome.INFORMATION_REQUEST])
def test_nothing_is_due_before_something_was_filed_or_received(story: Story, outcome: Outcome) -> None:
    story.mail(0, outcome)
    assert story.case.answer_due is None
    assert not story.case.overdue(moment(1000))


def test_a_receipt_starts_the_month(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    assert story.case.answer_due == IN_TIME


def test_a_filing_without_any_mail_makes_the_case_and_starts_the_month(story: Story) -> None:
    story.filed(0)
    assert (story.case.state, story.case.since, story.case.answer_due) == (State.PENDING, START, IN_TIME)
    assert story.case.because is not None
    assert (story.case.because.decision, story.case.because.decided_by) == (None, "person:anna")


def test_a_filing_says_which_track_it_is(story: Story) -> None:
    story.filed(0, Product.META, Track.THIRD_PARTY)
    assert (story.case.product, story.case.track) == (Product.META, Track.THIRD_PARTY)


def test_the_receipt_of_a_filing_is_the_news_but_the_clock_keeps_its_start(story: Story) -> None:
    story.filed(0)
    story.mail(3, Outcome.RECEIPT)
    assert (story.case.since, story.case.answer_due) == (moment(3), IN_TIME)


def test_a_second_receipt_does_not_move_the_clock(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(10, Outcome.RECEIPT)
    assert (story.case.since, story.case.answer_due) == (moment(0), IN_TIME)


def test_a_filing_that_is_told_after_its_receipt_does_not_move_the_case(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.filed(2)
    assert (story.case.since, story.case.answer_due) == (moment(0), IN_TIME)


def test_a_day_that_is_named_later_may_start_the_clock_earlier(story: Story) -> None:
    story.mail(3, Outcome.RECEIPT)
    story.filed_on(0)
    assert (story.case.state, story.case.since, story.case.answer_due) == (State.PENDING, moment(3), IN_TIME)


def test_a_filing_ends_the_waiting_for_a_code_or_a_working_form(story: Story) -> None:
    story.mail(0, Outcome.BROKEN_LINK)
    story.mail(0, Outcome.VERIFICATION, product=Product.FACEBOOK)
    story.filed(1)
    story.filed(1, Product.FACEBOOK)
    assert {case.state for case in story.status.cases} == {State.PENDING}


# filings and codes


def test_a_code_after_a_filing_still_has_to_be_entered(story: Story) -> None:
    story.filed(0)
    story.mail(0.01, Outcome.VERIFICATION)
    assert (story.case.state, story.case.answer_due) == (State.VERIFYING, None)


def test_the_receipt_after_that_code_finds_the_clock_where_the_filing_started_it(story: Story) -> None:
    story.filed(0)
    story.mail(1, Outcome.VERIFICATION)
    story.mail(2, Outcome.RECEIPT)
    assert (story.case.state, story.case.answer_due) == (State.PENDING, IN_TIME)


def test_a_code_of_the_named_day_was_entered_on_that_day(story: Story) -> None:
    story.filed_on(0)
    story.mail(0.2, Outcome.VERIFICATION)
    assert (story.case.state, story.case.answer_due) == (State.PENDING, IN_TIME)


def test_a_code_of_the_day_after_the_named_day_still_has_to_be_entered(story: Story) -> None:
    story.filed_on(0)
    story.mail(1, Outcome.VERIFICATION)
    assert story.case.state is State.VERIFYING


def test_a_code_before_the_filing_is_done_with_it(story: Story) -> None:
    story.mail(0, Outcome.VERIFICATION)
    story.filed(0.01)
    assert story.case.state is State.PENDING


def test_a_code_after_the_receipt_moves_nothing(story: Story) -> None:
    story.filed(0)
    story.mail(1, Outcome.RECEIPT)
    story.mail(2, Outcome.VERIFICATION)
    assert (story.case.state, story.case.since) == (State.PENDING, moment(1))


# filings and decisions


def test_a_filing_after_a_rejection_is_a_new_attempt_at_once(story: Story) -> None:
    story.mail(0, Outcome.REJECTION)
    story.filed(1)
    assert (story.case.state, story.case.attempt, story.case.clock) == (State.PENDING, 2, day(1))


def test_a_filing_of_the_day_of_the_rejection_belongs_to_it(story: Story) -> None:
    story.mail(0, Outcome.REJECTION)
    story.filed_on(0)
    assert (story.case.state, story.case.attempt) == (State.REJECTED, 1)


def test_a_filing_after_a_decision_in_the_user_s_favour_changes_nothing(story: Story) -> None:
    story.mail(0, Outcome.CONFIRMATION)
    story.filed(30)
    assert (story.case.state, story.case.since) == (State.CONFIRMED, moment(0))


# extensions


def test_an_extension_gives_meta_two_more_months(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(20, Outcome.RECEIPT, announces_extension=True)
    assert (story.case.state, story.case.since, story.case.answer_due) == (State.PENDING, moment(0), date(2025, 8, 13))
    assert "extended" in story.case.flags


def test_an_extension_is_given_once(story: Story) -> None:
    for days in (0, 20, 40):
        story.mail(days, Outcome.RECEIPT, announces_extension=True)
    assert story.case.answer_due == date(2025, 8, 13)


def test_an_extension_after_a_filing_without_receipt_counts_from_the_filing(story: Story) -> None:
    story.filed(0)
    story.mail(20, Outcome.RECEIPT, announces_extension=True)
    assert story.case.answer_due == date(2025, 8, 13)


def test_an_extension_close_to_a_rejection_changes_nothing(story: Story) -> None:
    story.mail(0, Outcome.REJECTION)
    story.mail(1, Outcome.RECEIPT, announces_extension=True)
    assert (story.case.state, story.case.extended) == (State.REJECTED, False)


# pauses


def test_nothing_is_due_while_meta_waits_for_the_user(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(5, Outcome.INFORMATION_REQUEST)
    assert story.case.answer_due is None
    assert not story.case.overdue(moment(1000))


def test_the_days_for_which_meta_waited_are_added_to_the_deadline(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(5, Outcome.INFORMATION_REQUEST)
    story.mail(9, Outcome.RECEIPT)
    assert (story.case.paused_days, story.case.answer_due) == (4, date(2025, 6, 17))


def test_pauses_add_up(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    for days in (5, 10):
        story.mail(days, Outcome.INFORMATION_REQUEST)
        story.mail(days + 2, Outcome.RECEIPT)
    assert (story.case.paused_days, story.case.answer_due) == (4, date(2025, 6, 17))


def test_a_second_question_does_not_restart_the_pause(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(5, Outcome.INFORMATION_REQUEST)
    story.mail(8, Outcome.INFORMATION_REQUEST)
    story.mail(9, Outcome.RECEIPT)
    assert story.case.paused_days == 4


def test_a_user_who_filed_what_was_asked_for_ends_the_pause(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(5, Outcome.INFORMATION_REQUEST)
    story.filed(9)
    assert (story.case.state, story.case.answer_due) == (State.PENDING, date(2025, 6, 17))


@pytest.mark.parametrize("start", ["receipt", "filing"])
def test_a_clock_that_did_not_run_yet_is_not_paused(story: Story, start: str) -> None:
    story.mail(-10, Outcome.INFORMATION_REQUEST)
    if start == "filing":
        story.filed(0)
    else:
        story.mail(0, Outcome.RECEIPT)
    assert (story.case.clock, story.case.paused_days, story.case.answer_due) == (day(0), 0, IN_TIME)


# overdue


def test_an_answer_is_overdue_on_the_day_after_the_last_one(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    last = START.replace(month=6, hour=23, minute=59)
    assert not story.case.overdue(last)
    assert story.case.overdue(last + timedelta(minutes=1))


@pytest.mark.parametrize("outcome", [Outcome.CONFIRMATION, Outcome.REJECTION])
def test_the_clock_stops_at_a_decision(story: Story, outcome: Outcome) -> None:
    story.mail(0, Outcome.RECEIPT)
    story.mail(40, outcome)
    assert story.case.answer_due is None
    assert not story.case.overdue(moment(1000))


# what the user can do


@pytest.mark.parametrize(
    ("told", "action"),
    [
        ([Outcome.NOTICE], "object"),
        ([Outcome.BROKEN_LINK], "retry_form"),
        ([Outcome.VERIFICATION], "enter_code"),
        ([Outcome.RECEIPT], "wait"),
        ([Outcome.INFORMATION_REQUEST], "send_information"),
        ([Outcome.CONFIRMATION], "none"),
        ([Outcome.REJECTION], "complain"),
        ([Outcome.CONFIRMATION, Outcome.REJECTION], "review"),
    ],
)
def test_every_state_has_its_next_step(story: Story, told: list[Outcome], action: str) -> None:
    for days, outcome in enumerate(told):
        story.mail(days, outcome)
    step = next_step(story.case, moment(2))
    assert step.action == action
    assert step.text


def test_a_case_of_which_nothing_is_known_has_nothing_to_do() -> None:
    assert next_step(Case(INSTAGRAM, OWN_DATA), START).action == "none"


def test_waiting_has_its_last_day(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    assert next_step(story.case, moment(1)).due == IN_TIME


def test_after_the_last_day_the_user_may_complain(story: Story) -> None:
    story.mail(0, Outcome.RECEIPT)
    assert next_step(story.case, moment(60)).action == "complain"


def test_the_form_to_object_with_is_the_one_of_the_notice(story: Story) -> None:
    story.mail(0, Outcome.NOTICE, form_url="https://help.instagram.com/contact/767264225370182")
    assert next_step(story.case, moment(1)).url == "https://help.instagram.com/contact/767264225370182"


def test_a_newer_notice_brings_the_newer_form(story: Story) -> None:
    story.mail(0, Outcome.NOTICE, form_url="https://help.instagram.com/contact/233964459562201")
    story.mail(330, Outcome.NOTICE, form_url="https://help.instagram.com/contact/767264225370182")
    assert next_step(story.case, moment(331)).url == "https://help.instagram.com/contact/767264225370182"


def test_a_notice_without_a_form_leads_to_the_known_one(story: Story) -> None:
    story.mail(0, Outcome.NOTICE)
    assert next_step(story.case, moment(1)).url == form_url(INSTAGRAM, OWN_DATA)


def test_a_product_without_a_form_leads_to_the_explanation(story: Story) -> None:
    story.mail(0, Outcome.NOTICE, product=Product.THREADS)
    assert next_step(story.case, moment(1)).url == EXPLANATION


def test_a_broken_form_leads_to_another_way(story: Story) -> None:
    story.mail(0, Outcome.BROKEN_LINK, form_url=form_url(INSTAGRAM, OWN_DATA))
    assert next_step(story.case, moment(1)).url == GENERAL


def test_where_the_other_way_is_the_broken_one_the_explanation_remains(story: Story) -> None:
    story.mail(0, Outcome.BROKEN_LINK, form_url=GENERAL)
    assert next_step(story.case, moment(1)).url == EXPLANATION
