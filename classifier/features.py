"""A Message as lists of tokens: what the model counts. The same for training and for live mail; no I/O."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations, pairwise

from ledger.message import Hit, Message
from ledger.outcome import Track
from ledger.text import words_of

CONDITIONS = frozenset({"IF", "UNLESS"})
NEGATIONS = frozenset({"NOT", "CANNOT", "NO_LONGER"})
MODIFIERS = CONDITIONS | NEGATIONS
AUXILIARIES = frozenset({"WILL", "MAY", "SORRY", "STILL", "ALREADY"})
MAX_IN_CLAUSE = 14
LEAD_SENTENCES = 3


QUOTED = re.compile(
    r"«[^«»]{1,600}»|»[^«»]{1,600}«|„(?:[^„“”\"]|\"[^„“”\"]{1,400}\"){1,600}[“”]|„[^„“”\"]{1,600}\"|“[^“”]{1,600}”|”[^”]{1,600}”|\"[^\"]{1,600}\""
    r"|(?<!\w)‘[^‘]{1,600}?’(?!\w)|(?<!\w)'[^']{1,600}'(?!\w)"
)
"""Somebody else's words, in the quotation marks of all our languages."""
CITED = "cited "


def own_hits(message: Message) -> tuple[Hit, ...]:
    """The text's concepts; those inside quotation marks are marked as somebody else's words."""
    spans = [match.span() for match in QUOTED.finditer(message.text)]
    if not spans:
        return message.hits

    def cited(hit: Hit) -> bool:
        return any(start <= hit.start and hit.end <= end for start, end in spans)

    return tuple(replace(hit, concept=CITED + hit.concept) if cited(hit) else hit for hit in message.hits)


def _clauses(hits: Iterable[Hit]) -> dict[tuple[int, int], list[str]]:
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for hit in hits:
        names = found[(hit.sentence, hit.clause)]
        if hit.concept not in names and len(names) < MAX_IN_CLAUSE:
            names.append(hit.concept)
    return found


def concept_tokens(hits: tuple[Hit, ...]) -> list[str]:
    """Concepts, their pairs within a clause and within a sentence, each marked when a condition or a negation governs it.

    `IF OBJECTION HONOUR` and `WE HONOUR OBJECTION` share no token but the bare concepts.
    """
    clauses = _clauses(hits)
    sentences: dict[int, list[list[str]]] = defaultdict(list)
    for (sentence, _), names in clauses.items():
        sentences[sentence].append(names)
    tokens: list[str] = []
    for clauses_here in sentences.values():
        everything = {name for names in clauses_here for name in names}
        governed = "if|" if everything & CONDITIONS else ""
        for names in clauses_here:
            negated = "not|" if set(names) & NEGATIONS else ""
            plain = sorted(set(names) - MODIFIERS)
            tokens += [f"{governed}{negated}{name}" for name in plain]
            tokens += [f"{governed}{negated}{a}&{b}" for a, b in combinations(plain, 2)]
            tokens += [f"{a}>{b}" for a, b in pairwise(names)]
        tokens += [f"{governed}{a}~{b}" for a, b in combinations(sorted(everything - MODIFIERS)[:MAX_IN_CLAUSE], 2)]
        tokens += sorted(everything & MODIFIERS)
    return tokens


def subject_tokens(message: Message) -> list[str]:
    """Concepts of the subject, apart from those of the text."""
    names = sorted({hit.concept for hit in message.subject_hits})
    return [f"s|{name}" for name in names] + [f"s|{a}&{b}" for a, b in combinations(names[:MAX_IN_CLAUSE], 2)]


def phrase_tokens(message: Message) -> list[str]:
    """Status phrases by outcome and strength: the same in every language."""
    spans = [match.span() for match in QUOTED.finditer(message.text)] if message.phrases else []
    tokens = []
    for phrase in message.phrases:
        strength = "deciding" if phrase.deciding else "supporting"
        cited = CITED if any(start <= phrase.start and phrase.end <= end for start, end in spans) else ""
        tokens.append(f"p|{cited}{'if|' if phrase.conditional else ''}{strength}|{phrase.outcome}")
    return tokens


def _address_kind(address: str, meta: bool) -> str:
    return "meta" if meta else "other" if address else "none"


ANCHORS = {
    "ai": {"AI", "AI_AT_META", "GENERATIVE", "MODEL"},
    "objection": {"OBJECT", "OBJECTION", "RIGHT_TO_OBJECT"},
    "privacy": {"PRIVACY", "YOUR_INFORMATION", "LAW"},
}
"""What an answer to an objection speaks of; a decision verb without any of it belongs to another matter (an appeal, a payment)."""


def anchor(message: Message) -> str:
    """Which matters the mail speaks of, joined by `+`, or `none`."""
    names = {hit.concept for hit in message.hits} | {hit.concept for hit in message.subject_hits}
    return "+".join(name for name, concepts in ANCHORS.items() if names & concepts) or "none"


DECIDING = frozenset(
    {"HONOUR", "REFUSE", "CANNOT", "FURTHER_ACTION", "NOTHING_TO_DO", "FINAL", "DONE", "APPLIED", "EXCLUDE", "DECIDE", "REVIEWED"}
    | {"CODE", "BROKEN"}
)
OTHER_MATTERS = (
    *("AD", "APPEAL", "COMMUNITY_STANDARDS", "COPYRIGHT", "SUSPENDED", "SUBSCRIPTION", "PAYMENT", "LOGIN", "PASSWORD", "BUSINESS"),
    *("INVITATION", "COMMENT", "NOTIFICATION", "MARKETPLACE", "OTHER_COMPANY", "ARTICLE", "ADVOCACY", "AUTHORITY", "COMPLAINT"),
)


def _reached(names: list[str]) -> set[str]:
    """The concepts that a negation of their clause reaches: the next two behind it, or the one in front of it when none is behind."""
    weighty = [index for index, name in enumerate(names) if name not in MODIFIERS | AUXILIARIES]
    reached: set[int] = set()
    for index, name in enumerate(names):
        if name in NEGATIONS:
            behind = [i for i in weighty if i > index][:2]
            reached.update(behind or [i for i in weighty if i < index][-1:])
    return {names[index] for index in reached}


def said(hits: Iterable[Hit]) -> set[str]:
    """Deciding concepts as they are meant: `HONOUR`, `not HONOUR` where a negation reaches it, `if HONOUR` under a condition."""
    clauses = _clauses(hits)
    conditional = {sentence for (sentence, _), names in clauses.items() if CONDITIONS & set(names)}
    found = set()
    for (sentence, _), names in clauses.items():
        reached = _reached(names)
        for name in DECIDING.intersection(names):
            found.add(f"{'if ' if sentence in conditional else ''}{'not ' if name in reached else ''}{name}")
    return found


def matter_tokens(message: Message) -> list[str]:
    """Deciding words with the matter that they decide: `REFUSE` in a mail about copyright is no refusal of an objection."""
    names = {hit.concept for hit in message.hits} | {hit.concept for hit in message.subject_hits}
    matter = anchor(message)
    told = sorted(said(own_hits(message)) | said(message.subject_hits))
    tokens = [f"d|{name}@{matter}" for name in told]
    return tokens + [f"d|{name}^{other}" for name in told for other in OTHER_MATTERS if other in names]


def structure_tokens(message: Message) -> list[str]:
    """What the mail is made of: whose words, links to forms, a code, its length."""
    kind = _address_kind(message.author, message.from_meta)
    forms = [link for link in message.links if link.form]
    tokens = [f"x|frame={message.frame}", f"x|author={kind}", f"x|frame={message.frame},author={kind}"]
    tokens.append(f"x|anchor={anchor(message)},author={kind}")
    tokens += [f"x|to=meta,author={kind}"] if message.to_meta else []
    tokens += ["x|form"] if forms else ["x|noform"]
    tokens += ["x|thirdform"] if any(link.track is Track.THIRD_PARTY for link in forms) else []
    tokens += ["x|code"] if message.has_code else []
    tokens += [f"x|dead,author={kind}"] if DEAD & {hit.concept for hit in message.hits} else []
    tokens += ["x|links"] if message.links else []
    return tokens + matter_tokens(message) + note_tokens(message)


DEAD = frozenset({"BROKEN", "CANNOT_OPEN", "UNAVAILABLE", "REMOVED", "ERROR", "EXPIRE", "TRY_AGAIN"})
"""What people and pages say of a link or form that does not work."""


def note_tokens(message: Message) -> list[str]:
    """Concepts of what a person wrote above the mail that they passed on, and their pairs within a clause."""
    if not message.note:
        return []
    names = {hit.concept for hit in message.note_hits}
    pairs = (combinations(sorted(some), 2) for some in _clauses(message.note_hits).values())
    told = {f"n|{name}" for name in names} | {f"n|{a}&{b}" for some in pairs for a, b in some}
    return [*sorted(told), "x|note=dead" if names & DEAD else "x|note=other"]


def word_tokens(message: Message) -> list[str]:
    """Folded words and pairs of neighbours, of subject and text."""
    tokens = []
    for text in (message.subject, message.text):
        words = words_of(text).folded[:800]
        tokens += [f"w|{word}" for word in words]
        tokens += [f"w|{a} {b}" for a, b in pairwise(words)]
    return tokens


def char_tokens(message: Message) -> list[str]:
    """Beginnings and inner runs of four letters of folded words: what inflected words share."""
    tokens = []
    for word in words_of(f"{message.subject}\n{message.text}").folded[:800]:
        padded = f"_{word}_"
        tokens += [f"h|{padded[i : i + 4]}" for i in range(max(1, len(padded) - 3))]
    return tokens


def tokens_of(message: Message) -> list[str]:
    """All tokens that the shipped model counts."""
    return concept_tokens(own_hits(message)) + subject_tokens(message) + phrase_tokens(message) + structure_tokens(message)


def concept_tokens_of(message: Message) -> list[str]:
    """The concept tokens of a message's deciding text."""
    return concept_tokens(own_hits(message))
