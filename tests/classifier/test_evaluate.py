"""What a report says of a model."""

import numpy as np
import pytest

from classifier.evaluate import calibration_error, evaluate, reliability, selective
from classifier.fixtures import Labelled
from classifier.model import Model
from classifier.registry import Registry
from classifier.train import OUTCOMES, fit, without_language
from ledger.outcome import Outcome


def rows_for(model: Model, mails: list[Labelled], confidence: float) -> np.ndarray:
    """The truth with a given confidence for every mail."""
    rows = np.full((len(mails), len(model.classes)), (1 - confidence) / 7)
    rows[np.arange(len(mails)), [model.classes.index(mail.outcome) for mail in mails]] = confidence
    return rows


def test_what_abstaining_buys_is_measured_on_what_was_decided() -> None:
    found = selective([0.9, 0.8, 0.6, 0.5], [True, True, False, True], [True, True, False, False])
    assert (found.coverage, found.risk) == (0.5, 0.0)
    assert found.curve[0] == (0.9, 0.25, 0.0)
    assert found.curve[-1] == (0.5, 1.0, 0.25)


def test_a_group_without_mails_has_no_curve() -> None:
    assert selective([], [], []).curve == ()


def test_confidence_that_is_kept_has_no_calibration_error() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)
    assert calibration_error([0.95] * 4, [False] * 4) == pytest.approx(0.95)
    assert reliability([0.95] * 4, [True, False, True, False]) == [(pytest.approx(0.95), 0.5, 4)]


def test_a_perfect_model_scores_one_and_its_mistakes_are_none(registry: Registry, mails: list[Labelled]) -> None:
    model = registry.current()
    report = evaluate(model, mails, rows_for(model, mails, 0.999))
    assert (report.macro_f1, report.wrong_covered, report.mistakes) == (1.0, 0, [])
    assert all(report.confusion[o][o] == report.outcomes[o].mails for o in map(str, Outcome))


def test_a_wrong_confirmation_above_the_threshold_is_counted(registry: Registry, mails: list[Labelled]) -> None:
    model = registry.current()
    rows = rows_for(model, mails, 0.999)
    decided = [
        i for i, m in enumerate(mails) if m.outcome is Outcome.REJECTION and model.doubt(Outcome.CONFIRMATION, 1.0, m.message) is None
    ]
    rows[decided[0]] = rows_for(model, [m for m in mails if m.outcome is Outcome.CONFIRMATION][:1], 0.999)[0]
    report = evaluate(model, mails, rows)
    assert report.wrong_decisive == 1
    assert report.mistakes[0]["predicted"] == "confirmation"


def test_a_language_is_judged_by_models_that_never_saw_it(mails: list[Labelled]) -> None:
    from dataclasses import replace

    half = [replace(mail, language="xx") if number % 2 else mail for number, mail in enumerate(mails)]
    rows = without_language(fit(half, "test"), half)
    assert rows.shape == (len(half), len(OUTCOMES))
    assert rows.sum(axis=1) == pytest.approx(np.ones(len(half)))
    assert evaluate(fit(half, "test").model, half, rows).languages.keys() == {"de", "xx"}
