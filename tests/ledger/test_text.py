"""Text as the rules see it: what people cannot see is gone, words compare alike, and clauses end where they end."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.text import clean, fold, folded_words, sentence_at, words_of

ANY_TEXT = st.text(st.characters(exclude_categories=()))


# clean


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Wider\u00adspruch", "Widerspruch"),
        ("Ihr\u00a0Widerspruch", "Ihr Widerspruch"),
        ("10\u202f%\u2007now\u3000here", "10 % now here"),
        ("l\u2019IA, l\u2018IA, l\u02bcIA, l\u00b4IA, l`IA, l\uff07IA", "l'IA, l'IA, l'IA, l'IA, l'IA, l'IA"),
        ("\u200eobj\u200bec\u200dtion\u200f \u202aLTR\u202c \u2066x\u2069\ufeff", "objection LTR x"),
        ("pass\u034fword", "password"),
        ("ｏｂｊｅｃｔ", "object"),
        ("re\u0301jection", "réjection"),
        ("of\ufb01ce", "office"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("  a \t b  \n  c  ", "a b\nc"),
        ("a\x00b\x07c\x7fd", "a b c d"),
        ("a\u2028b\x85c", "a b c"),
        ("\n\n a \n\n", "a"),
        ("half \ud83d surrogate", "half ? surrogate"),
        ("", ""),
    ],
)
def test_cleaned_text_is_what_people_see(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored_and_shown(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert not set(cleaned) & set("\x00\r\u00ad\u200b\u202e\u00a0\u2019")
    assert "  " not in cleaned
    assert "\n\n\n" not in cleaned


@given(st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs"])))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


# fold


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Objection", "objection"),
        ("ÄUSSERUNG", "ausserung"),
        ("Straße", "strasse"),
        ("İTİRAZ", "itiraz"),
        ("ITIRAZI", "itirazi"),
        ("sürdürdüğünüz", "surdurdugunuz"),
        ("kanalı", "kanali"),
        ("Łódź", "lodz"),
        ("Indsigelse", "indsigelse"),
        ("FØLG", "folg"),
        ("Æble", "aeble"),
        ("cœur", "coeur"),
        ("oġġezzjoni", "oggezzjoni"),
        ("þjónusta", "thjonusta"),
        ("αντίρρησης", "αντιρρησησ"),
        ("ЗАПЕРЕЧЕННЯ", "заперечення"),
        ("30", "30"),
        ("24h", "24h"),
        ("2²", "2²"),
    ],
)
def test_a_folded_word_compares_without_case_and_accents(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_composed_and_decomposed_letters_fold_alike() -> None:
    assert fold("re\u0301ponse") == fold("réponse") == "reponse"


# words


def test_words_know_where_they_stand() -> None:
    words = words_of("Wir werden Ihren Widerspruch berücksichtigen.")
    assert words.folded == ["wir", "werden", "ihren", "widerspruch", "berucksichtigen"]
    first, last = words.span(2, 3)
    assert words.text[first:last] == "Ihren Widerspruch"
    assert len(words) == 5


def test_a_pattern_and_a_text_fold_the_same_way() -> None:
    assert folded_words("Nous\u00a0respecterons l\u2019OPPO\u00adSITION") == ("nous", "respecterons", "l", "opposition")


def test_addresses_of_pages_are_no_words() -> None:
    assert words_of("form https://www.facebook.com/help/contact/712876720715583 here").folded == ["form", "here"]


@pytest.mark.parametrize("mark", [",", ";", " (", ")", " –", " —", " - ", ": ", "“", "«", "\n- ", "\n• "])
def test_a_clause_ends_at(mark: str) -> None:
    words = words_of(f"one two{mark} three")
    assert words.clause[0] == words.clause[1] != words.clause[2]


@pytest.mark.parametrize("mark", [".", "!", "?", "…", "...", "?!", ":", "\n\n", "\n- ", "\n\n\n", "\n• "])
def test_a_sentence_ends_at(mark: str) -> None:
    words = words_of(f"one two{mark} Three")
    assert words.sentence[0] == words.sentence[1] != words.sentence[2]


@pytest.mark.parametrize(
    "text",
    [
        "one, two",
        "one (two)",
        "one – two",
        "one; two",
        "one\ntwo",
        "one.two",
        "one-two",
        "14.30 uur",
        "l'IA",
        "nach Art. 21 DSGVO",
        "el. pašto adresas",
    ],
)
def test_a_sentence_does_not_end_at(text: str) -> None:
    assert len(set(words_of(text).sentence)) == 1


def test_the_sentence_of_a_word_is_found_from_any_of_its_words() -> None:
    words = words_of("No. We will not use it, ever. Bye now.")
    sentences = {tuple(sentence_at(words, index)) for index in range(len(words))}
    assert sentences == {(0,), (1, 2, 3, 4, 5, 6), (7, 8)}


@given(ANY_TEXT.map(clean))
def test_every_word_is_found_again_in_the_text(text: str) -> None:
    words = words_of(text)
    spans = list(zip(words.start, words.end, strict=True))
    assert [fold(text[start:end]) for start, end in spans] == words.folded
    assert spans == sorted(spans)
    assert words.clause == sorted(words.clause)
    assert words.sentence == sorted(words.sentence)


@pytest.mark.parametrize(
    "piece", ["a ", "1 ", "- ", "\n", "\n ", ". ", "1-", "+1 ", "https://", "a.", "a@", "@", " - ", "\u00ad", "\u0301", "(", "A-1"]
)
def test_reading_is_linear_in_the_length_of_the_text(piece: str) -> None:
    from ledger.text import masked_codes

    begin = time.perf_counter()
    text = clean(piece * (200_000 // len(piece)))
    words_of(text)
    masked_codes(text)
    assert time.perf_counter() - begin < 2


def test_somebody_who_is_mentioned_behind_a_quotation_mark_is_a_word_and_the_mark_ends_a_clause() -> None:
    words = words_of("she wrote: «@Anna look»")
    assert (words.folded, words.clause) == (["she", "wrote", "anna", "look"], [0, 0, 2, 2])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("write to no-reply@facebookmail.com. Then", ["write", "to", "then"]),
        ("from a.b+c_d@x.example,thanks", ["from", "thanks"]),
        ("xhttps://x.example", ["xhttps", "x", "example"]),
        ("log in at https://anna@x.example/y@z now", ["log", "in", "at", "now"]),
        ("a @ b", ["a", "b"]),
    ],
)
def test_addresses_are_no_words(text: str, folded: list[str]) -> None:
    assert words_of(text).folded == folded
