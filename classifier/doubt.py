"""When a person must look, however confident the model is: rules about what a mail does not say.

MEASURED: docs/experiments.md#doubt: each rule meets mails of which more are wrong than the cost table bears.
"""

from classifier.features import anchor, own_hits, said
from ledger.message import Frame, Message
from ledger.outcome import DECISIVE, Outcome

AI = frozenset({"AI", "AI_AT_META", "TRAIN", "GENERATIVE", "MODEL"})
ASKED_FOR = frozenset({"PROMPT", "EVIDENCE", "SCREENSHOT", "THIRD_PARTY"})
"""What only an objection to AI training is about, beside the objection itself."""
OTHER_MATTERS = frozenset(
    {"APPEAL", "COMMUNITY_STANDARDS", "COPYRIGHT", "SUSPENDED", "SUBSCRIPTION", "PAYMENT", "LOGIN", "PASSWORD", "BUSINESS", "MARKETPLACE"}
    | {"INVITATION", "COMMENT", "NOTIFICATION", "ARTICLE", "AD"}
)


def doubt_of(outcome: Outcome, message: Message) -> str | None:
    """Why an outcome needs a person, or None."""
    if outcome is Outcome.UNRELATED:
        return None
    if not message.hits and not message.phrases and not message.has_code:
        return "nothing in its text is known"
    return _doubt_of_decision(message) if outcome in DECISIVE else None


def _doubt_of_decision(message: Message) -> str | None:
    if not message.from_meta and message.frame is not Frame.FORWARD:
        return "the words are not Meta's"
    named = {hit.concept for hit in (*message.hits, *message.subject_hits)}
    if _names_no_matter(message, named):
        return "it does not say what was decided"
    if named & OTHER_MATTERS and not named & AI:
        return "it may be about another matter"
    told = said(own_hits(message)) | said(message.subject_hits)
    return "it says yes and no" if {"HONOUR", "REFUSE"} <= told else None


def _names_no_matter(message: Message, named: set[str]) -> bool:
    """A reply stands above what it answers, and a form names its matter."""
    told_otherwise = message.frame is Frame.REPLY or any(link.form for link in message.links)
    return anchor(message) == "none" and not named & ASKED_FOR and not told_otherwise
