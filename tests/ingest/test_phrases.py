"""Status phrases, conditions, concepts, and the matcher under them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.concepts import find_concepts
from ingest.lexicon import codes, language
from ingest.pattern import Matcher, pattern_words
from ingest.phrases import _longest, find_phrases
from ledger.message import Phrase
from ledger.outcome import Outcome
from ledger.text import clean, fold, words_of


def phrases(text: str, code: str = "en") -> list[Phrase]:
    return list(find_phrases(words_of(clean(text)), (code, "en")))


def only(text: str, code: str = "en") -> Phrase:
    (found,) = phrases(text, code)
    return found


def test_a_deciding_phrase_is_found_with_its_place() -> None:
    text = "Hello. We will honor your objection from now on."
    phrase = only(text)
    assert (phrase.outcome, phrase.deciding, phrase.conditional) == (Outcome.CONFIRMATION, True, False)
    assert text[phrase.start : phrase.end] == phrase.text == "will honor your objection"


@pytest.mark.parametrize(
    "text",
    [
        "We WILL HONOR your objection",
        "We will honor\nyour objection",
        "We will honor\u00a0your\u202fobjection",
        "We will hon\u00ador your objec\u00adtion",
        "We will honor\u200b your objection",
        "We will   honor\t your objection",
        "We will ｈｏｎｏｒ your objection",
        "«We will honor your objection»",
    ],
)
def test_a_phrase_is_found_however_it_is_set(text: str) -> None:
    assert only(text).outcome is Outcome.CONFIRMATION


@pytest.mark.parametrize("apostrophe", "'’‘ʼ`´")
def test_every_apostrophe_is_the_same(apostrophe: str) -> None:
    assert only(f"We can{apostrophe}t take further action").outcome is Outcome.REJECTION


def test_accents_do_not_matter() -> None:
    accented = [p.text for p in phrases("Wir können deinem Widerspruch nicht nachkommen, lehnen ihn also ab", "de")]
    plain = [p.text for p in phrases("Wir konnen deinem Widerspruch nicht nachkommen, lehnen ihn also ab", "de")]
    assert len(accented) == len(plain)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("If you object, we will honor your objection", "en"),
        ("We will honor your objection if it is complete", "en"),
        ("Should your request be complete, we will honor your objection", "en"),
        ("Wenn er begründet ist: dein Widerspruch wird berücksichtigt. Falls wir deinem Widerspruch nachkommen, hörst du von uns", "de"),
    ],
)
def test_what_is_promised_under_a_condition_is_conditional(text: str, code: str) -> None:
    assert all(phrase.conditional for phrase in phrases(text, code))


def test_a_condition_in_another_sentence_does_not_reach() -> None:
    assert not only("We will honor your objection. If you have questions, write to us.").conditional
    assert not only("If you have questions, write to us.\n\nWe will honor your objection").conditional


def test_a_phrase_does_not_run_over_the_end_of_a_sentence() -> None:
    assert phrases("We will honor. Your objection was late.") == []
    assert phrases("We will honor\n\nyour objection") == []


def test_of_phrases_inside_each_other_the_longest_is_kept() -> None:
    found = phrases("Unfortunately we cannot honour your objection and cannot take further action")
    spans = [(p.start, p.end) for p in found]
    assert all(not (a[0] <= b[0] and b[1] <= a[1]) for a in spans for b in spans if a is not b)


def test_english_phrases_are_found_in_mails_of_other_languages() -> None:
    assert only("Hallo Anna, we will honor your objection. Mit freundlichen Grüßen", "de").outcome is Outcome.CONFIRMATION


def test_a_text_of_nothing_but_phrases_takes_no_time() -> None:
    words = words_of(clean("We cannot take further action. " * 2000))
    find_phrases(words_of("warm up"), ("en",))
    started = time.process_time()
    assert len(find_phrases(words, ("en",))) >= 2000
    assert time.process_time() - started < 1


@pytest.mark.parametrize("code", codes())
def test_every_phrase_and_concept_of_a_language_finds_itself(code: str) -> None:
    for rule in language(code).phrases:
        assert rule.words, rule.text
        assert any(phrase.outcome is rule.outcome for phrase in phrases(rule.text, code)), rule.text
    for name, values in language(code).concepts.items():
        for value in values:
            words = words_of(clean(value.replace("*", "")))
            assert name in {hit.concept for hit in find_concepts(words, (code,))}, (name, value)


@pytest.mark.parametrize("code", codes())
def test_every_language_has_the_concepts_that_english_has(code: str) -> None:
    assert language(code).concepts.keys() == language("en").concepts.keys()


def test_a_concept_has_the_place_of_its_words() -> None:
    text = "We reviewed your request, but cannot honour it."
    hits = find_concepts(words_of(text), ("en",))
    assert {(hit.concept, text[hit.start : hit.end]) for hit in hits} >= {
        ("REQUEST", "request"),
        ("CANNOT", "cannot"),
        ("HONOUR", "honour"),
    }
    clauses = {hit.concept: hit.clause for hit in hits}
    assert clauses["REQUEST"] < clauses["CANNOT"] == clauses["HONOUR"]


def test_a_longer_run_hides_the_shorter_ones_of_its_concept() -> None:
    text = "information from third parties"
    (hit,) = (hit for hit in find_concepts(words_of(text), ("en",)) if hit.concept == "THIRD_PARTY")
    assert text[hit.start : hit.end] == text


def matcher(*patterns: str) -> Matcher[str]:
    return Matcher((pattern_words(pattern), pattern) for pattern in patterns)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("widerspr*", "mein Widerspruch", True),
        ("widerspr*", "Widerspr", True),
        ("widerspr*", "wider", False),
        ("right to object", "the right to object", True),
        ("right to object", "right object", False),
        ("right to obj*", "right to objection", True),
        ("don t", "don't", True),
        ("können", "KONNEN", True),
        ("object", "objection", False),
        ("a b c", "a b", False),
        ("", "anything", False),
        ("*", "anything", False),
    ],
)
def test_the_matcher_finds_words_and_stems(pattern: str, text: str, found: bool) -> None:
    assert bool(list(matcher(pattern).find(words_of(clean(text)).folded))) is found


def test_the_matcher_gives_first_and_last_word() -> None:
    assert list(matcher("b c", "b", "dx*").find(["a", "b", "c", "dxy"])) == [(1, 1, "b"), (1, 2, "b c"), (3, 3, "dx*")]


@given(st.lists(st.sampled_from(["a", "ab", "abc", "b", "c"]), max_size=12), st.sampled_from(["a b", "ab* c", "ab", "ab* ab*", "abc a"]))
def test_the_matcher_agrees_with_a_naive_search(words: list[str], pattern: str) -> None:
    wanted = pattern_words(pattern)
    naive = [
        (at, at + len(wanted) - 1, pattern)
        for at in range(len(words) - len(wanted) + 1)
        if all(word.startswith(p) if stem else word == p for word, (p, stem) in zip(words[at:], wanted, strict=False))
    ]
    assert list(matcher(pattern).find(words)) == naive


@given(st.text(max_size=60))
def test_folding_is_done_once_and_for_all(text: str) -> None:
    for word in words_of(clean(text)).folded:
        assert fold(word) == word


def at(start: int, end: int, outcome: Outcome = Outcome.REJECTION) -> Phrase:
    return Phrase("x", outcome, True, False, start, end)


@pytest.mark.parametrize("inner", [at(0, 5), at(5, 10), at(3, 7)])
def test_a_phrase_inside_a_longer_one_of_its_outcome_is_left_out(inner: Phrase) -> None:
    assert _longest([inner, at(0, 10)]) == [at(0, 10)]


def test_a_phrase_inside_a_longer_one_of_another_outcome_is_kept() -> None:
    both = [at(3, 10, Outcome.CONFIRMATION), at(0, 10)]
    assert _longest(both) == both


def test_phrases_that_only_overlap_are_both_kept() -> None:
    both = [at(0, 6), at(4, 10)]
    assert _longest(both) == both
