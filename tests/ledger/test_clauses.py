"""Where clauses and sentences end: what a condition or a negation can reach. Nothing that was remembered from another test helps here."""

import pytest

from ledger.text import FOLDED, STEPS, clean, sentence_at, words_of


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Gaps and words are worked out anew."""
    STEPS.clear()
    FOLDED.clear()


def sentences(text: str) -> list[int]:
    return words_of(text).sentence


def test_clauses_and_sentences_are_counted_from_nought_upwards() -> None:
    words = words_of("We refuse. You may object, but not now! Yes")
    assert words.sentence == [0, 0, 1, 1, 1, 1, 1, 1, 2]
    assert words.clause == [0, 0, 1, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize("mark", ["!", "?", "…", ":", "?!", "...", ". –"])
def test_every_mark_but_the_full_stop_ends_a_sentence_before_a_small_letter_too(mark: str) -> None:
    assert sentences(f"yes{mark} no") == [0, 1]


@pytest.mark.parametrize(("text", "ends"), [("yes. No", 1), ("yes. no", 0), ("Art. 21", 0), ("yes, No", 0), ("yes; No", 0), ("yes (No", 0)])
def test_a_full_stop_ends_a_sentence_before_a_capital_only_and_a_comma_never(text: str, ends: int) -> None:
    assert sentences(text)[-1] == ends


@pytest.mark.parametrize("address", ["anna@example.org", "https://example.org/a"])
def test_before_an_address_a_full_stop_counts_as_before_any_small_word(address: str) -> None:
    assert sentences(f"See. {address} Now")[-1] == 0
    assert sentences(f"See. {address.capitalize()} now")[-1] == 1


@pytest.mark.parametrize("address", ["anna.b+c@mail.example.org", "Anna@example.org"])
def test_words_behind_an_address_stand_where_they_stood(address: str) -> None:
    text = f"Ask {address} or see https://example.org/x?y=1 today"
    words = words_of(text)
    assert words.folded == ["ask", "or", "see", "today"]
    assert [text[a:b].lower() for a, b in zip(words.start, words.end, strict=True)] == words.folded


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_only_sentence_has_all_words(index: int) -> None:
    assert list(sentence_at(words_of("we do refuse"), index)) == [0, 1, 2]


def test_a_sentence_begins_behind_the_one_before() -> None:
    words = words_of("One two. Three four. Five")
    assert [list(sentence_at(words, i)) for i in range(5)] == [[0, 1], [0, 1], [2, 3], [2, 3], [4]]


def test_letters_with_heaps_of_accents_are_read_without_them() -> None:
    assert clean("o" + "\u0301" * 60 + "k") == "ok"
    assert clean("o\u0301k") == "ók"
    assert clean("no" + "!" * 45) == "no" + "!" * 45
