"""Meta's objection forms: which product and track each belongs to, and which one to use now. Data with dates, no rules.

Source: the forms' own pages as reported between 2023 and 2026; `until` is the day a form was reported gone.
"""

from dataclasses import dataclass
from datetime import date

from ledger.outcome import Product, Track


@dataclass(frozen=True, slots=True)
class Form:
    """One form of Meta's. `id` is the number in its address, the same on every host."""

    id: str
    url: str
    product: Product
    track: Track
    since: date
    until: date | None = None


FORMS = (
    Form("712876720715583", "https://www.facebook.com/help/contact/712876720715583", Product.FACEBOOK, Track.OWN_DATA, date(2025, 4, 14)),
    Form("767264225370182", "https://help.instagram.com/contact/767264225370182", Product.INSTAGRAM, Track.OWN_DATA, date(2025, 4, 14)),
    Form("6359191084165019", "https://www.facebook.com/help/contact/6359191084165019", Product.FACEBOOK, Track.OWN_DATA, date(2024, 5, 22)),
    Form("233964459562201", "https://help.instagram.com/contact/233964459562201", Product.INSTAGRAM, Track.OWN_DATA, date(2024, 5, 22)),
    Form("382532939919295", "https://www.whatsapp.com/contact/forms/382532939919295", Product.WHATSAPP, Track.OWN_DATA, date(2025, 4, 14)),
    Form("510058597920541", "https://www.facebook.com/help/contact/510058597920541", Product.META, Track.THIRD_PARTY, date(2024, 5, 22)),
    Form("1266025207620918", "https://www.facebook.com/help/contact/1266025207620918", Product.META, Track.THIRD_PARTY, date(2023, 8, 31)),
)
BY_ID = {form.id: form for form in FORMS}

GENERAL = "https://help.meta.com/support/privacy"
"""The general privacy request page: the way that remains when a form is gone (reported since August 2026)."""
EXPLANATION = "https://www.facebook.com/privacy/genai"
"""Meta's explanation with the link to the right form for the reader's region."""


def form_url(product: Product, track: Track) -> str:
    """The form to use today for a case, or the explanation page that leads to it."""
    for form in FORMS:
        if form.track is track and form.until is None and (form.product is product or track is Track.THIRD_PARTY):
            return form.url
    return EXPLANATION


def alternative_url(url: str | None) -> str:
    """Where to go when `url` does not work: the general privacy request page."""
    return GENERAL if url != GENERAL else EXPLANATION
