"""When looks at a form's address add up to «broken», and what that does to a case."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import LinkProbe, body_json, body_of
from ledger.forms import GENERAL, alternative_url
from ledger.outcome import Outcome
from ledger.probe import FAILED, WORKING, Finding, Probe, Standing, health_of
from ledger.status import State, next_step
from tests.ledger.story import INSTAGRAM, OWN_DATA, Story, moment

FORM = "https://help.instagram.com/contact/767264225370182"
OTHER = "https://help.instagram.com/contact/233964459562201"
LETTERS = {
    "F": Finding.REMOVED,
    "E": Finding.FORM_ERROR,
    "o": Finding.OK,
    "m": Finding.MOVED,
    "l": Finding.NEEDS_LOGIN,
    "b": Finding.BLOCKED,
}
LETTERS |= {"r": Finding.REGION_LOCKED, "t": Finding.RATE_LIMITED, "u": Finding.UNREACHABLE, "n": Finding.NOT_PROBED}


def looks(letters: str, hours: float = 8) -> list[Probe]:
    """One probe for each letter, so many hours apart."""
    return [Probe(moment(number * hours / 24), LETTERS[letter]) for number, letter in enumerate(letters)]


@pytest.mark.parametrize(
    ("letters", "hours", "standing"),
    [
        ("", 8, Standing.UNCLEAR),
        ("FFF", 8, Standing.UNCLEAR),
        ("FFFF", 8, Standing.BROKEN),
        ("FEFE", 8, Standing.BROKEN),
        ("FFF", 12, Standing.BROKEN),
        ("FF", 48, Standing.UNCLEAR),
        ("F" * 12, 2, Standing.UNCLEAR),
        ("F" * 13, 2, Standing.BROKEN),
        ("FoFF", 8, Standing.BROKEN),
        ("FooF", 8, Standing.WORKS),
        ("oFFF", 8, Standing.WORKS),
        ("FFFFo", 8, Standing.WORKS),
        ("FFFFm", 8, Standing.WORKS),
        ("FFFFoFFF", 8, Standing.WORKS),
        ("FFFFoFFFF", 8, Standing.BROKEN),
        ("llllllll", 8, Standing.UNCLEAR),
        ("bbbbtttt", 8, Standing.UNCLEAR),
        ("uuuuuuuu", 8, Standing.UNCLEAR),
        ("rrrrnnnn", 8, Standing.UNCLEAR),
        ("FuFlFbF", 8, Standing.BROKEN),
        ("FFFFllll", 8, Standing.BROKEN),
        ("o", 8, Standing.WORKS),
        ("FF", 12, Standing.UNCLEAR),
        ("FFF", 48, Standing.BROKEN),
        ("FoFoFoF", 8, Standing.WORKS),
    ],
)
def test_a_form_is_broken_after_three_of_four_failures_over_a_day(letters: str, hours: float, standing: Standing) -> None:
    assert health_of(looks(letters, hours)).standing is standing


def test_failures_within_less_than_a_day_break_nothing() -> None:
    probes = [Probe(moment(minutes / 1440), Finding.REMOVED) for minutes in range(0, 24 * 60, 30)]
    assert health_of(probes).standing is Standing.UNCLEAR
    last = Probe(moment(1), Finding.REMOVED)
    assert health_of([*probes, last]).standing is Standing.BROKEN


def test_broken_since_the_look_that_settled_it_with_the_looks_as_evidence() -> None:
    health = health_of(looks("oFFFFFF"))
    assert health.since == moment(4 * 8 / 24)
    assert [probe.finding for probe in health.evidence] == [Finding.REMOVED] * 4


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(Finding)), max_size=30))
def test_a_broken_form_always_has_a_day_of_failures_as_evidence(told: list[tuple[int, Finding]]) -> None:
    health = health_of([Probe(moment(hours / 24), finding) for hours, finding in told])
    if health.standing is Standing.BROKEN:
        failures = [probe for probe in health.evidence if probe.finding in FAILED]
        assert len(failures) >= 3
        assert len(failures) * 4 >= len(health.evidence) * 3
        assert failures[-1].at - failures[0].at >= timedelta(hours=24)
        assert all(probe.finding in WORKING | FAILED for probe in health.evidence)


@given(st.lists(st.sampled_from([f for f in Finding if f not in FAILED]), max_size=30))
def test_what_is_no_failure_never_breaks_a_form(findings: list[Finding]) -> None:
    assert health_of([Probe(moment(n), finding) for n, finding in enumerate(findings)]).standing is not Standing.BROKEN


def probed(story: Story, days: float, broken: bool, url: str = FORM) -> None:
    """A probe that settled that a form is broken, or works again."""
    finding = Finding.REMOVED if broken else Finding.OK
    story.write(moment(days), LinkProbe(INSTAGRAM, OWN_DATA, url, broken, finding, moment(days), 404, "gone", ("a line",)))


class TestTheCase:
    def test_a_broken_form_moves_a_notified_case_with_the_probe_as_evidence(self, story: Story) -> None:
        story.mail(0, Outcome.NOTICE, form_url=FORM)
        probed(story, 2, broken=True)
        assert story.case.state is State.LINK_BROKEN
        assert story.case.since == moment(2)
        assert story.case.because
        assert story.case.because.decided_by == "probe"
        step = next_step(story.case, moment(3))
        assert (step.action, step.url) == ("retry_form", GENERAL)

    def test_a_form_that_works_again_moves_it_back_to_its_notice(self, story: Story) -> None:
        notice = story.mail(0, Outcome.NOTICE, form_url=FORM)
        probed(story, 2, broken=True)
        probed(story, 4, broken=False)
        assert (story.case.state, story.case.since) == (State.NOTIFIED, moment(0))
        assert story.case.because
        assert story.case.because.decision
        assert story.case.because.decision.sha256 == notice

    def test_a_probe_of_another_form_moves_nothing(self, story: Story) -> None:
        story.mail(0, Outcome.NOTICE, form_url=FORM)
        probed(story, 2, broken=True, url=OTHER)
        assert story.case.state is State.NOTIFIED
        probed(story, 3, broken=True)
        probed(story, 4, broken=False, url=OTHER)
        assert story.case.state is State.LINK_BROKEN

    @pytest.mark.parametrize("outcome", [Outcome.RECEIPT, Outcome.VERIFICATION, Outcome.CONFIRMATION, Outcome.REJECTION])
    def test_a_probe_moves_no_case_that_is_past_its_form(self, story: Story, outcome: Outcome) -> None:
        story.mail(0, Outcome.NOTICE, form_url=FORM)
        story.mail(1, outcome)
        before = story.case
        probed(story, 2, broken=True)
        probed(story, 3, broken=False)
        assert story.case == before

    def test_a_probe_makes_no_case(self, story: Story) -> None:
        probed(story, 0, broken=True)
        assert story.status.cases == ()

    @pytest.mark.parametrize("url", [FORM, OTHER])
    def test_what_a_mail_said_is_taken_back_by_no_probe(self, story: Story, url: str) -> None:
        story.mail(0, Outcome.NOTICE, form_url=FORM)
        story.mail(1, Outcome.BROKEN_LINK, form_url=FORM)
        probed(story, 2, broken=False, url=url)
        assert story.case.state is State.LINK_BROKEN

    def test_a_mail_that_says_so_too_outranks_the_probe(self, story: Story) -> None:
        story.mail(0, Outcome.NOTICE, form_url=FORM)
        probed(story, 1, broken=True)
        said = story.mail(2, Outcome.BROKEN_LINK, form_url=FORM)
        probed(story, 3, broken=False)
        assert story.case.state is State.LINK_BROKEN
        assert story.case.because
        assert story.case.because.decision
        assert story.case.because.decision.sha256 == said

    def test_a_notice_with_another_form_opens_the_way_again(self, story: Story) -> None:
        story.mail(0, Outcome.NOTICE, form_url=OTHER)
        probed(story, 1, broken=True, url=OTHER)
        story.mail(2, Outcome.NOTICE, form_url=OTHER)
        assert story.case.state is State.LINK_BROKEN
        story.mail(3, Outcome.NOTICE, form_url=FORM)
        assert story.case.state is State.NOTIFIED
        assert next_step(story.case, moment(4)).url == FORM

    def test_an_answer_comes_through_a_broken_form_all_the_same(self, story: Story) -> None:
        story.mail(0, Outcome.NOTICE, form_url=FORM)
        probed(story, 1, broken=True)
        story.filed(2)
        assert story.case.state is State.PENDING


def test_a_probe_is_read_back_as_it_was_written() -> None:
    body = LinkProbe(INSTAGRAM, OWN_DATA, FORM, True, Finding.REMOVED, moment(2), 404, "gone", ("one", "two"))
    assert body_of("probe", body_json(body)) == body


def test_known_replacements_come_before_the_general_page() -> None:
    assert alternative_url(OTHER) == FORM
    assert alternative_url(FORM) == GENERAL
