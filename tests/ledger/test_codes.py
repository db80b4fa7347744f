"""One-time codes in a text: blotted out wherever they stand, while dates, form numbers and phone numbers stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.text import has_code, masked_codes

BLOT = "••••••"


@pytest.mark.parametrize(
    "code",
    ["12345", "391046", "1234567", "12345678", "123 456", "123-456", "12 34 56", "27-35-90", "4 0 7 9 3 1", "FB-56099", "G-391046",
     "IG-123 456", "073 482", "٣٩١٠٤٦"],
)  # fmt: skip
@pytest.mark.parametrize(
    "sentence", ["{}", "{} is your code", "Your code: {}", "Your code is {}.", "«{}»", "({})", "code={}", "Code:\n\n{}\n\nEnter it."]
)
def test_a_code_is_blotted_out(code: str, sentence: str) -> None:
    text = sentence.format(code)
    assert has_code(text)
    assert masked_codes(text) == sentence.format(BLOT)


def test_every_code_is_blotted_out() -> None:
    assert masked_codes("391046 or FB-56099, not 612 807") == f"{BLOT} or {BLOT}, not {BLOT}"


@pytest.mark.parametrize(
    "text",
    [
        "1234",
        "2025",
        "in 2024 and 2025",
        "13.05.2025",
        "2025-05-13",
        "on 2025-12-31, at 14:20",
        "31-12-2025",
        "13/05/2025",
        "Art. 21(2), 6(1)(f)",
        "+49 170 1234567",
        "+353 1 234 5678",
        "+1 (650) 543-4800",
        "+16505434800",
        "712876720715583",
        "form 1266025207620918",
        "https://www.facebook.com/help/contact/712876720715583",
        "https://example.org/123456",
        "https://example.org/?n=1&id-123456",
        "3.123456",
        "a123456",
        "123456b",
        "1a2b3c",
        "123456789",
        "",
    ],
)
def test_what_is_no_code_stays(text: str) -> None:
    assert not has_code(text)
    assert masked_codes(text) == text


@pytest.mark.parametrize(
    "text", ["call +49 170 1234567, code {}", "2025-05-13: {}", "2025-05-13 {}", "{} (2025-05-13)", "form 712876720715583 {}"]
)
def test_a_code_beside_a_date_or_a_phone_number_is_found(text: str) -> None:
    assert masked_codes(text.format("391046")) == text.format(BLOT)


@given(st.text(alphabet="0123456789 -+.AB\n", max_size=40))
def test_nothing_is_left_to_mask_in_masked_text_that_was_cut_at_words(text: str) -> None:
    masked = masked_codes(text)
    assert masked_codes(masked) == masked
    assert has_code(text) is (masked != text)
