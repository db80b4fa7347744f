"""How mail and filings move a case: each transition of the state, told as a story."""

from datetime import timedelta

import pytest

from ledger.outcome import Outcome, Product, Track
from ledger.status import OVERTAKEN, State, Status, status_of
from tests.ledger.story import INSTAGRAM, Story, day, moment

NOTICE, CODE, RECEIPT, QUESTION = Outcome.NOTICE, Outcome.VERIFICATION, Outcome.RECEIPT, Outcome.INFORMATION_REQUEST
CONFIRMED, REJECTED, BROKEN = Outcome.CONFIRMATION, Outcome.REJECTION, Outcome.BROKEN_LINK

FIRST = {
    NOTICE: State.NOTIFIED,
    CODE: State.VERIFYING,
    RECEIPT: State.PENDING,
    QUESTION: State.NEEDS_INFORMATION,
    CONFIRMED: State.CONFIRMED,
    REJECTED: State.REJECTED,
    BROKEN: State.LINK_BROKEN,
}
NEXT = [
    # before anything was filed
    ([NOTICE], NOTICE, State.NOTIFIED),
    ([NOTICE], BROKEN, State.LINK_BROKEN),
    ([NOTICE], CODE, State.VERIFYING),
    ([NOTICE], RECEIPT, State.PENDING),
    ([NOTICE], QUESTION, State.NEEDS_INFORMATION),
    ([NOTICE], CONFIRMED, State.CONFIRMED),
    ([NOTICE], REJECTED, State.REJECTED),
    ([BROKEN], NOTICE, State.LINK_BROKEN),
    ([BROKEN], BROKEN, State.LINK_BROKEN),
    ([BROKEN], CODE, State.VERIFYING),
    ([BROKEN], RECEIPT, State.PENDING),
    ([BROKEN], QUESTION, State.NEEDS_INFORMATION),
    ([BROKEN], CONFIRMED, State.CONFIRMED),
    ([BROKEN], REJECTED, State.REJECTED),
    ([CODE], NOTICE, State.VERIFYING),
    ([CODE], BROKEN, State.LINK_BROKEN),
    ([CODE], CODE, State.VERIFYING),
    ([CODE], RECEIPT, State.PENDING),
    ([CODE], QUESTION, State.NEEDS_INFORMATION),
    ([CODE], CONFIRMED, State.CONFIRMED),
    ([CODE], REJECTED, State.REJECTED),
    # Meta has it
    ([RECEIPT], NOTICE, State.PENDING),
    ([RECEIPT], BROKEN, State.PENDING),
    ([RECEIPT], CODE, State.PENDING),
    ([RECEIPT], RECEIPT, State.PENDING),
    ([RECEIPT], QUESTION, State.NEEDS_INFORMATION),
    ([RECEIPT], CONFIRMED, State.CONFIRMED),
    ([RECEIPT], REJECTED, State.REJECTED),
    ([QUESTION], NOTICE, State.NEEDS_INFORMATION),
    ([QUESTION], BROKEN, State.NEEDS_INFORMATION),
    ([QUESTION], CODE, State.NEEDS_INFORMATION),
    ([QUESTION], RECEIPT, State.PENDING),
    ([QUESTION], QUESTION, State.NEEDS_INFORMATION),
    ([QUESTION], CONFIRMED, State.CONFIRMED),
    ([QUESTION], REJECTED, State.REJECTED),
    # decided, and a day later
    ([CONFIRMED], NOTICE, State.CONFIRMED),
    ([CONFIRMED], BROKEN, State.CONFIRMED),
    ([CONFIRMED], CODE, State.CONFIRMED),
    ([CONFIRMED], RECEIPT, State.CONFIRMED),
    ([CONFIRMED], QUESTION, State.CONFIRMED),
    ([CONFIRMED], CONFIRMED, State.CONFIRMED),
    ([CONFIRMED], REJECTED, State.CONTRADICTED),
    ([REJECTED], NOTICE, State.REJECTED),
    ([REJECTED], BROKEN, State.REJECTED),
    ([REJECTED], CODE, State.REJECTED),
    ([REJECTED], RECEIPT, State.REJECTED),
    ([REJECTED], QUESTION, State.REJECTED),
    ([REJECTED], REJECTED, State.REJECTED),
    ([REJECTED], CONFIRMED, State.CONFIRMED),
    ([CONFIRMED, REJECTED], NOTICE, State.CONTRADICTED),
    ([CONFIRMED, REJECTED], BROKEN, State.CONTRADICTED),
    ([CONFIRMED, REJECTED], CODE, State.CONTRADICTED),
    ([CONFIRMED, REJECTED], RECEIPT, State.CONTRADICTED),
    ([CONFIRMED, REJECTED], QUESTION, State.CONTRADICTED),
    ([CONFIRMED, REJECTED], REJECTED, State.CONTRADICTED),
    ([CONFIRMED, REJECTED], CONFIRMED, State.CONFIRMED),
]


def test_without_entries_there_is_no_case() -> None:
    assert status_of([]) == Status()


@pytest.mark.parametrize(("outcome", "state"), FIRST.items())
def test_the_first_mail_opens_the_case(story: Story, outcome: Outcome, state: State) -> None:
    sha256 = story.mail(0, outcome)
    assert story.case.state is state
    assert story.case.since == moment(0)
    assert story.case.because is not None
    assert story.case.because.decision is not None
    assert story.case.because.decision.sha256 == sha256


@pytest.mark.parametrize(("before", "then", "state"), NEXT)
def test_the_next_mail_moves_the_case_or_leaves_it(story: Story, before: list[Outcome], then: Outcome, state: State) -> None:
    for number, outcome in enumerate(before):
        story.mail(number, outcome)
    old = story.case
    story.mail(len(before), then)
    assert story.case.state is state
    assert story.case.since == (moment(len(before)) if state is not old.state else old.since)


def test_all_states_and_outcomes_have_their_row() -> None:
    covered = {(FIRST[before[0]] if len(before) == 1 else State.CONTRADICTED, then) for before, then, _ in NEXT}
    assert covered == {(state, outcome) for state in {*State} - {State.NONE} for outcome in FIRST}


def test_a_whole_objection_is_a_line_of_states(story: Story) -> None:
    states = []
    for days, outcome in enumerate([NOTICE, CODE, RECEIPT, QUESTION, RECEIPT, CONFIRMED]):
        story.mail(days, outcome)
        states.append(story.case.state)
    assert states == [
        State.NOTIFIED, State.VERIFYING, State.PENDING, State.NEEDS_INFORMATION, State.PENDING, State.CONFIRMED,
    ]  # fmt: skip
    assert story.case.attempt == 1


# reminders


def test_a_notice_after_a_confirmation_is_a_reminder_and_resets_nothing(story: Story) -> None:
    story.mail(0, CONFIRMED)
    story.mail(300, NOTICE)
    assert (story.case.state, story.case.since) == (State.CONFIRMED, moment(0))
    assert story.case.reminded_on == (day(300),)
    assert "reminded" in story.case.flags


def test_every_reminder_is_kept_in_order_of_arrival(story: Story) -> None:
    story.mail(0, REJECTED)
    story.mail(200, NOTICE)
    story.mail(100, NOTICE)
    assert story.case.reminded_on == (day(100), day(200))


def test_a_second_notice_before_any_objection_is_no_reminder(story: Story) -> None:
    story.mail(0, NOTICE)
    story.mail(30, NOTICE)
    assert (story.case.since, story.case.reminded_on, story.case.flags) == (moment(0), (), frozenset())


# late receipts and codes


@pytest.mark.parametrize("late", [RECEIPT, CODE, QUESTION])
@pytest.mark.parametrize("after", [timedelta(0), timedelta(hours=2), OVERTAKEN])
def test_what_overtook_a_rejection_does_not_reopen_it(story: Story, late: Outcome, after: timedelta) -> None:
    story.mail(0, RECEIPT)
    story.mail(3, REJECTED)
    story.mail(3 + after / timedelta(days=1), late)
    assert (story.case.state, story.case.since, story.case.attempt) == (State.REJECTED, moment(3), 1)


@pytest.mark.parametrize(("late", "state"), [(RECEIPT, State.PENDING), (CODE, State.VERIFYING), (QUESTION, State.NEEDS_INFORMATION)])
def test_long_after_a_rejection_a_receipt_or_code_opens_a_new_attempt(story: Story, late: Outcome, state: State) -> None:
    story.mail(0, REJECTED)
    story.mail(5.01, late)
    assert (story.case.state, story.case.since, story.case.attempt) == (state, moment(5.01), 2)


@pytest.mark.parametrize("late", [RECEIPT, CODE, QUESTION])
@pytest.mark.parametrize("days", [0.01, 300])
def test_a_confirmation_stands_however_late_a_receipt_or_code_comes(story: Story, late: Outcome, days: float) -> None:
    story.mail(0, CONFIRMED)
    story.mail(days, late)
    assert (story.case.state, story.case.since, story.case.attempt) == (State.CONFIRMED, moment(0), 1)


def test_a_receipt_close_to_the_last_of_several_rejections_does_not_reopen_the_case(story: Story) -> None:
    story.mail(0, REJECTED)
    story.mail(20, REJECTED)
    story.mail(20.1, RECEIPT)
    assert (story.case.state, story.case.since, story.case.attempt) == (State.REJECTED, moment(0), 1)


def test_a_new_attempt_forgets_the_clock_the_pause_and_the_extension_of_the_old_one(story: Story) -> None:
    story.mail(0, RECEIPT, announces_extension=True)
    story.mail(5, QUESTION)
    story.mail(9, RECEIPT)
    story.mail(10, REJECTED)
    story.mail(40, RECEIPT)
    assert (story.case.attempt, story.case.clock, story.case.paused_days, story.case.extended) == (2, day(40), 0, False)
    assert "extended" not in story.case.flags


def test_a_third_attempt_is_counted(story: Story) -> None:
    for start in (0, 40, 80):
        story.mail(start, RECEIPT)
        story.mail(start + 2, REJECTED)
    assert (story.case.state, story.case.attempt) == (State.REJECTED, 3)


# decisions against each other


def test_a_confirmation_after_a_rejection_confirms_and_says_what_was_before(story: Story) -> None:
    story.mail(0, REJECTED)
    sha256 = story.mail(1, CONFIRMED)
    assert story.case.state is State.CONFIRMED
    assert "after_rejection" in story.case.flags
    assert story.case.because is not None
    assert story.case.because.decision is not None
    assert story.case.because.decision.sha256 == sha256


def test_a_rejection_after_a_confirmation_contradicts_it_with_both_mails_as_evidence(story: Story) -> None:
    yes = story.mail(0, CONFIRMED)
    no = story.mail(200, REJECTED)
    because, against = story.case.because, story.case.against
    assert because is not None
    assert against is not None
    assert because.decision is not None
    assert against.decision is not None
    assert (story.case.state, story.case.since) == (State.CONTRADICTED, moment(200))
    assert (because.decision.sha256, against.decision.sha256) == (no, yes)


def test_a_new_confirmation_ends_the_contradiction(story: Story) -> None:
    for days, outcome in enumerate([CONFIRMED, REJECTED, CONFIRMED]):
        story.mail(days, outcome)
    assert (story.case.state, story.case.against, story.case.since) == (State.CONFIRMED, None, moment(2))
    assert "after_rejection" in story.case.flags


def test_a_second_confirmation_leaves_the_first_one_s_day(story: Story) -> None:
    story.mail(0, CONFIRMED)
    story.mail(30, CONFIRMED)
    assert story.case.since == moment(0)


def test_a_confirmation_that_names_the_accounts_centre_says_so_and_invents_no_account(story: Story) -> None:
    story.mail(0, CONFIRMED, names_accounts_centre=True)
    assert story.case.flags == {"covers_linked_accounts"}
    assert len(story.status.cases) == 1


# whose case it is


def test_a_refused_form_for_third_parties_never_touches_the_objection(story: Story) -> None:
    story.mail(0, CONFIRMED)
    story.mail(1, REJECTED, track=Track.THIRD_PARTY)
    assert story.case_of(INSTAGRAM).state is State.CONFIRMED
    assert story.case_of(INSTAGRAM, Track.THIRD_PARTY).state is State.REJECTED


def test_each_product_has_its_own_case(story: Story) -> None:
    story.mail(0, CONFIRMED)
    story.mail(1, REJECTED, product=Product.FACEBOOK)
    story.filed(2, Product.WHATSAPP)
    assert {case.product: case.state for case in story.status.cases} == {
        Product.INSTAGRAM: State.CONFIRMED,
        Product.FACEBOOK: State.REJECTED,
        Product.WHATSAPP: State.PENDING,
    }


def test_cases_are_listed_in_a_fixed_order(story: Story) -> None:
    for product in reversed(Product):
        story.mail(0, NOTICE, product=product, track=Track.THIRD_PARTY)
        story.mail(1, NOTICE, product=product)
    keys = [(case.product, case.track) for case in story.status.cases]
    assert keys == sorted(keys)
    assert len(keys) == 10
