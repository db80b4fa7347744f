"""The scorer says what scikit-learn says, mail by mail or many at once."""

import numpy as np

from classifier.fixtures import Labelled
from classifier.registry import Registry
from classifier.scorer import scorer_of
from ledger.message import Message

EMPTY = Message("0" * 64, 0)


def test_the_scorer_says_what_the_pipeline_says(registry: Registry, champion: str, mails: list[Labelled]) -> None:
    messages = [*(mail.message for mail in mails), EMPTY]
    pipeline = registry.current().pipeline
    np.testing.assert_allclose(scorer_of(pipeline).judge(messages)[0], pipeline.predict_proba(messages), atol=1e-6)


def test_a_mail_is_judged_the_same_alone_and_among_others(registry: Registry, champion: str, mails: list[Labelled]) -> None:
    messages = [EMPTY, *(mail.message for mail in mails[:20])]
    scorer = scorer_of(registry.current().pipeline)
    alone = np.vstack([scorer.judge([message])[0] for message in messages])
    np.testing.assert_array_equal(alone, scorer.judge(messages)[0])
