"""The numbers that let a model decide: thresholds from costs, confidence from one temperature, the gate between champion and candidate."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.evaluate import Evaluation, OutcomeScore
from classifier.model import only_about_meta
from classifier.retrain import lower_bound, objections
from classifier.train import LEAST, MOST, softmax, temperature_of, threshold_of
from ledger.message import Message
from ledger.outcome import Outcome

CONFIDENCES = np.array([0.50, 0.60, 0.70, 0.80, 0.90])


def threshold(outcome: Outcome, wrong: list[int], confidences: NDArray[np.float64] = CONFIDENCES) -> float:
    """The cut for guesses with these confidences, of which those at `wrong` were wrong."""
    probabilities = np.column_stack([1 - confidences, confidences])
    truth = np.ones(len(confidences), dtype=int)
    truth[wrong] = 0
    return threshold_of(outcome, probabilities, np.ones(len(confidences), dtype=int), truth, 1)


def test_without_errors_everything_that_is_likely_enough_decides() -> None:
    assert threshold(Outcome.CONFIRMATION, []) == LEAST


@pytest.mark.parametrize("outcome", [Outcome.CONFIRMATION, Outcome.REJECTION])
def test_one_wrong_decision_costs_more_than_reviewing_all_below_it(outcome: Outcome) -> None:
    assert threshold(outcome, [2]) == pytest.approx(0.7001)


def test_a_small_error_is_borne_where_avoiding_it_costs_more_reviews_than_five() -> None:
    many = np.linspace(0.5, 0.9, 9)
    assert threshold(Outcome.RECEIPT, [3], many) == pytest.approx(0.6501)  # four reviews, one of them of the error itself
    assert threshold(Outcome.RECEIPT, [6], many) == LEAST
    assert threshold(Outcome.CONFIRMATION, [6], many) == pytest.approx(0.8001)


def test_of_two_cuts_that_cost_the_same_the_lower_is_taken() -> None:
    four = np.array([0.5, 0.6, 0.65, 0.7, 0.75])
    assert threshold(Outcome.RECEIPT, [4], four) == LEAST  # five reviews would cost as much as the error


def test_errors_of_other_guesses_do_not_raise_a_threshold() -> None:
    probabilities = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    predicted, truth = np.array([1, 0, 1]), np.array([1, 1, 1])
    assert threshold_of(Outcome.CONFIRMATION, probabilities, predicted, truth, 1) == LEAST
    assert threshold_of(Outcome.CONFIRMATION, probabilities, predicted, truth, 0) == pytest.approx(0.8001)


def test_no_threshold_follows_an_error_above_the_most_that_may_be_asked() -> None:
    assert threshold(Outcome.CONFIRMATION, [1], np.array([0.4, (MOST + 1) / 2])) <= MOST


def test_softmax_gives_rows_that_add_up_to_one_in_the_order_of_the_values() -> None:
    rows = softmax(np.array([[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0]]))
    assert rows.sum(axis=1) == pytest.approx([1, 1])
    assert rows[0] == pytest.approx(np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum())
    assert rows[1] == pytest.approx([1, 0, 0])


def test_a_higher_temperature_is_less_sure() -> None:
    values = np.array([[1.0, 3.0]])
    assert softmax(values, 2.0) == pytest.approx(softmax(values / 2))
    assert values.tolist() == [[1.0, 3.0]], "the values given are left as they are"


def test_the_temperature_is_the_factor_by_which_values_were_blown_up() -> None:
    chance = np.random.default_rng(1)
    likely = chance.random((4000, 3)) + 0.1
    likely /= likely.sum(axis=1, keepdims=True)
    honest = np.log(likely)
    truth = np.array([chance.choice(3, p=row) for row in likely])
    assert temperature_of(honest * 4, truth) == pytest.approx(4, rel=0.15)
    assert temperature_of(honest, truth) == pytest.approx(1, rel=0.15)


def test_one_mail_that_is_certainly_wrong_does_not_ruin_the_confidence_in_all_others() -> None:
    values = np.array([[5.0, 0.0]] * 50 + [[4000.0, 0.0]])
    assert temperature_of(values, np.array([0] * 50 + [1])) < 1


def test_a_mail_that_is_not_about_meta_is_unrelated_for_certain() -> None:
    outcomes = [Outcome.RECEIPT, Outcome.UNRELATED]
    messages = [Message("a", 1, about_meta=False), Message("b", 1, about_meta=True)]
    rows = only_about_meta(np.array([[0.9, 0.1], [0.9, 0.1]]), messages, outcomes)
    assert rows.tolist() == [[0.0, 1.0], [0.9, 0.1]]


def test_the_lower_end_of_an_interval_is_wilsons() -> None:
    assert lower_bound(0.9, 100) == pytest.approx(0.8256, abs=1e-4)  # Wilson 1927, for 90 of 100
    assert lower_bound(0.5, 10) == pytest.approx(0.2366, abs=1e-4)
    assert lower_bound(1.0, 20) == pytest.approx(0.8389, abs=1e-4)
    assert lower_bound(1.0, 0) == 0.0
    assert lower_bound(1.0, 1) == pytest.approx(0.2065, abs=1e-4)


@pytest.fixture
def judged() -> Evaluation:
    """A model that is right on all but one of a hundred mails of each outcome."""
    fields = dict.fromkeys(OutcomeScore.__slots__, 0.0)
    score = OutcomeScore(**fields | {"recall": 0.9, "mails": 100})  # type: ignore[arg-type]
    blank = dict.fromkeys(Evaluation.__slots__)
    whole = {"mails": 800, "accuracy": 0.9, "coverage": 0.9, "wrong_decisive": 1}
    return Evaluation(**blank | whole | {"outcomes": {o.value: score for o in Outcome}})  # type: ignore[arg-type]


def worse(judged: Evaluation, outcome: str, **changes: float) -> Evaluation:
    """The same with one outcome changed."""
    return replace(judged, outcomes=judged.outcomes | {outcome: replace(judged.outcomes[outcome], **changes)})


def test_an_equal_candidate_passes(judged: Evaluation) -> None:
    assert objections(judged, judged) == ()


def test_a_recall_that_fell_below_chance_is_named_with_both_figures(judged: Evaluation) -> None:
    assert objections(worse(judged, "notice", recall=0.82), judged) == ("recall of notice fell from 0.90 to 0.82",)
    assert objections(worse(judged, "notice", recall=0.83), judged) == ()


def test_a_recall_at_the_end_of_the_interval_is_still_chance(judged: Evaluation) -> None:
    assert objections(worse(judged, "notice", recall=lower_bound(0.9, 100)), judged) == ()


def test_an_outcome_that_the_hold_out_does_not_have_speaks_against_nobody(judged: Evaluation) -> None:
    assert objections(worse(judged, "notice", recall=0.0, mails=0), judged) == ()


def test_one_more_wrong_confirmation_or_rejection_keeps_a_candidate_out(judged: Evaluation) -> None:
    assert objections(replace(judged, wrong_decisive=2), judged) == ("2 wrong confirmations or rejections, the champion has 1",)
    assert objections(replace(judged, wrong_decisive=0), judged) == ()


@pytest.mark.parametrize(("field", "words"), [("accuracy", "accuracy"), ("coverage", "what is decided without a person")])
def test_a_candidate_that_leaves_much_more_to_people_or_errs_more_is_kept_out(judged: Evaluation, field: str, words: str) -> None:
    sure = replace(judged, **{field: 0.9})
    least = lower_bound(0.9, judged.mails)
    assert objections(replace(sure, **{field: least}), sure) == ()
    assert objections(replace(sure, **{field: 0.1}), sure) == (f"{words} fell from 0.90 to 0.10",)
