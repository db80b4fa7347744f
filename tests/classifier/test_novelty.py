"""What an unfamiliar mail costs in confidence."""

import numpy as np
import pytest

from classifier.fixtures import Labelled
from classifier.novelty import MOST_TAKEN, lowered
from classifier.registry import Registry
from classifier.scorer import scorer_of
from ingest.decide import read


def test_a_familiar_mail_keeps_its_confidence() -> None:
    rows = np.array([[0.9, 0.1], [0.9, 0.1]])
    assert lowered(rows, np.array([0.0, 0.3]), 0.3).tolist() == rows.tolist()


def test_the_stranger_a_mail_the_less_sure_the_model_but_never_of_something_else() -> None:
    rows = np.tile([0.9, 0.1], (3, 1))
    best = lowered(rows, np.array([0.5, 0.7, 1.0]), 0.4)[:, 0]
    assert best[0] > best[1] > best[2] > 0.5
    assert best[2] == pytest.approx((1 - MOST_TAKEN) * 0.9 + MOST_TAKEN / 2)


def test_probabilities_still_add_up_to_one() -> None:
    assert lowered(np.array([[0.7, 0.2, 0.1]]), np.array([0.95]), 0.2).sum() == pytest.approx(1)


def test_the_mails_that_a_model_was_trained_on_are_familiar(registry: Registry, mails: list[Labelled]) -> None:
    known = scorer_of(registry.current().pipeline).judge([mail.message for mail in mails[:40]])[1]
    assert np.median(known) < 0.1


def test_a_language_that_no_word_list_knows_is_all_new_and_lowers_confidence(registry: Registry) -> None:
    mail = "From: Meta <a@facebookmail.com>\r\nSubject: ジェミニ\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nお知らせします。Facebook\r\n"
    model = registry.current()
    prediction = model.predict([read(mail.encode())])[0]
    assert prediction.novelty == 1
    assert prediction.confidence < 0.6
    assert prediction.abstained
