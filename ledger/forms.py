"""Meta's objection forms: which product and track each belongs to, and what to use in their stead. Data with dates, no rules.

Source: the forms' own pages as reported between 2023 and 2026; `until` is the day a form was reported gone.
"""

from dataclasses import dataclass
from datetime import date

from ledger.outcome import Product, Track

HELP = "https://www.facebook.com/help/contact/"
INSTAGRAM_HELP = "https://help.instagram.com/contact/"
GENERAL = "https://help.meta.com/support/privacy"
"""The general privacy request page: the way that remains when a form is gone (reported since August 2026)."""
EXPLANATION = "https://www.facebook.com/privacy/genai"
"""Meta's explanation with the link to the right form for the reader's region."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What to use in a form's stead. `since`: the day from which that was reported; `source`: where."""

    url: str
    since: date
    source: str


@dataclass(frozen=True, slots=True)
class Form:
    """One form of Meta's. `id` is the number in its address, the same on every host."""

    id: str
    url: str
    product: Product
    track: Track
    since: date
    until: date | None = None
    instead: Replacement | None = None


YEAR_LATER = "the notices of April 2025 link to it; the form of 2024 answered beside it"
STILL_GIVEN = "guides of 2025 and 2026 give it as the general form to object with; Meta's apps link to it"
GONE_TO = "github.com/datenanfragen/data, pull request 3840: replaced Instagram's contact form"
FORMS = (
    Form(
        "712876720715583",
        f"{HELP}712876720715583",
        Product.FACEBOOK,
        Track.OWN_DATA,
        date(2025, 4, 14),
        instead=Replacement(f"{HELP}6359191084165019", date(2025, 5, 27), STILL_GIVEN),
    ),
    Form(
        "767264225370182",
        f"{INSTAGRAM_HELP}767264225370182",
        Product.INSTAGRAM,
        Track.OWN_DATA,
        date(2025, 4, 14),
        instead=Replacement(GENERAL, date(2026, 8, 1), GONE_TO),
    ),
    Form(
        "6359191084165019",
        f"{HELP}6359191084165019",
        Product.FACEBOOK,
        Track.OWN_DATA,
        date(2024, 5, 22),
        instead=Replacement(f"{HELP}712876720715583", date(2025, 4, 14), YEAR_LATER),
    ),
    Form(
        "233964459562201",
        f"{INSTAGRAM_HELP}233964459562201",
        Product.INSTAGRAM,
        Track.OWN_DATA,
        date(2024, 5, 22),
        instead=Replacement(f"{INSTAGRAM_HELP}767264225370182", date(2025, 4, 14), YEAR_LATER),
    ),
    Form(
        "382532939919295",
        "https://www.whatsapp.com/contact/forms/382532939919295",
        Product.WHATSAPP,
        Track.OWN_DATA,
        date(2025, 4, 14),
    ),
    Form("510058597920541", f"{HELP}510058597920541", Product.META, Track.THIRD_PARTY, date(2024, 5, 22)),
    Form("1266025207620918", f"{HELP}1266025207620918", Product.META, Track.THIRD_PARTY, date(2023, 8, 31)),
)
BY_ID = {form.id: form for form in FORMS}
BY_URL = {form.url: form for form in FORMS}


def form_url(product: Product, track: Track) -> str:
    """The form to use today for a case, or the explanation page that leads to it."""
    for form in FORMS:
        if form.track is track and form.until is None and (form.product is product or track is Track.THIRD_PARTY):
            return form.url
    return EXPLANATION


def alternative_url(url: str | None) -> str:
    """Where to go when `url` does not work: the form that is known to stand in for it, else the general privacy request page."""
    form = BY_URL.get(url or "")
    if form and form.instead:
        return form.instead.url
    return GENERAL if url != GENERAL else EXPLANATION
