"""Training copies with words missing: the authors of the word lists knew the training mails, the writers of tomorrow's mails do not.

MEASURED: docs/experiments.md#words-left-out: leaving out concepts and phrases at random is worth more than any other choice of features.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from ledger.message import Hit, Message

COPIES = 3
CONCEPTS_LEFT_OUT = 0.3
PHRASES_LEFT_OUT = 0.8
"""Shares left out of each copy. Phrases are whole sentences' cores: hardly anybody else writes the same."""
SEED = 0


def with_words_missing(message: Message, chance: random.Random) -> Message:
    """A copy of a message in which some concepts and most phrases were not recognised."""

    def kept(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        return tuple(hit for hit in hits if chance.random() >= CONCEPTS_LEFT_OUT)

    phrases = tuple(phrase for phrase in message.phrases if chance.random() >= PHRASES_LEFT_OUT)
    hits, above = kept(message.hits), kept(message.note_hits)
    return replace(message, hits=hits, subject_hits=kept(message.subject_hits), note_hits=above, phrases=phrases)


def blurred(messages: Sequence[Message]) -> list[Message]:
    """One incomplete copy of each message: what tomorrow's mails look like to today's word lists."""
    chance = random.Random(SEED + 1)  # noqa: S311 - not for secrets
    return [with_words_missing(message, chance) for message in messages]


def augmented(messages: Sequence[Message], labels: Sequence[str]) -> tuple[list[Message], list[str]]:
    """The messages and `COPIES` incomplete copies of each, with their labels; the same for the same input."""
    chance = random.Random(SEED)  # noqa: S311 - not for secrets
    copies = [with_words_missing(message, chance) for _ in range(COPIES) for message in messages]
    return [*messages, *copies], list(labels) * (COPIES + 1)
