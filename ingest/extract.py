"""What a parsed mail holds: its language, links, status phrases, concepts, product and track. Pure; never fails."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from ingest.concepts import find_concepts
from ingest.link import read_links
from ingest.phrases import find_phrases
from ingest.sender import domain_of, is_meta, meta_domain
from ingest.speech import speech_of
from ledger.message import Hit, Link, Message
from ledger.outcome import Product, Track
from ledger.text import Words, has_code, words_of

SENDER_PRODUCT = {"instagram.com": Product.INSTAGRAM, "whatsapp.com": Product.WHATSAPP}
FACEBOOK_DOMAINS = frozenset({"facebookmail.com", "facebook.com"})
NAMED = {product.value: product for product in Product if product is not Product.META}
NAMES = tuple(NAMED)
MATTER_CONCEPTS = frozenset({"OBJECT", "OBJECTION", "RIGHT_TO_OBJECT", "AI", "TRAIN"})
WAY_CONCEPTS = frozenset({"LINK", "FORM", "PAGE", "BROKEN", "UNAVAILABLE", "CANNOT_OPEN"})
"""What friends write of who do not name Meta: «the objection link is dead»."""
META_CONCEPTS = frozenset({"META", "PRODUCT", "AI_AT_META"})
SPOKEN_OF = frozenset({"meta", "facebook", "instagram", "whatsapp", "threads"})
REQUEST_CONCEPTS = frozenset({"REQUEST", "OBJECTION", "FORM", "SUBMIT"})
HEDGES = frozenset({"IF", "STILL", "MAY"})
NEGATIONS = frozenset({"NOT", "NO_LONGER"})
A_DATE = re.compile(r"\b20\d\d\b|\b[0-3]?\d\.? (?:de |di )?[^\W\d_]{3,}")
TO_A_DATE = 45
"""Characters behind «is extended» in which the new date stands."""
NAME_ENDING = 4
"""Letters that a case ending adds to a product's name («Instagramie», «Threads'te»)."""


def extract(message: Message) -> Message:
    """The same message with everything filled in that can be read out of its text and links."""
    words, subject = words_of(message.text), words_of(message.subject)
    speech = speech_of(f"{message.subject}\n{message.text}")
    links = read_links(message.anchors)
    hits = find_concepts(words, speech.languages)
    subject_hits = find_concepts(subject, speech.languages)
    names = {hit.concept for hit in hits}
    return replace(
        message,
        language=speech.main,
        about_meta=_about_meta(message, links, {*names, *(hit.concept for hit in subject_hits)}, {*subject.folded, *words.folded}),
        from_meta=is_meta(message.author),
        to_meta=any(is_meta(address) for address in message.to),
        links=links,
        phrases=find_phrases(words, speech.languages),
        hits=hits,
        subject_hits=subject_hits,
        note_hits=_note_hits(message.note),
        product=_product(message, links, subject, words, "ACCOUNTS_CENTRE" in names),
        track=_track(links, hits, subject_hits),
        has_code=has_code(message.subject) or has_code(message.text),
        announces_extension=_announces_extension(hits, message.text),
        names_accounts_centre="ACCOUNTS_CENTRE" in names,
    )


def _note_hits(note: str) -> tuple[Hit, ...]:
    """The concepts of what stands above a forwarded mail: «Look, the link in it is dead»."""
    return find_concepts(words_of(note), speech_of(note).languages) if note else ()


def _about_meta(message: Message, links: tuple[Link, ...], concepts: set[str], own_words: set[str]) -> bool:
    """Whether Meta sent or got the mail, or its words or links name Meta at all: an answer to an objection does."""
    people = (message.author, message.sender, *message.to)
    if any(is_meta(address) for address in people) or concepts & META_CONCEPTS or any(link.form for link in links):
        return True
    if concepts & MATTER_CONCEPTS and concepts & WAY_CONCEPTS:
        return True
    return not SPOKEN_OF.isdisjoint(own_words) or not SPOKEN_OF.isdisjoint(words_of(f"{message.note}\n{message.quoted}").folded)


def _named(words: Words) -> frozenset[Product]:
    """The products that a text names. Threads only with a capital letter: it is an ordinary word of English, too."""
    found = set()
    for word in filter(_begins_with_a_name, set(words.folded)):
        name = next(name for name in NAMES if word.startswith(name))
        if len(word) <= len(name) + NAME_ENDING and (name != Product.THREADS or _has_capital(words, word)):
            found.add(NAMED[name])
    return frozenset(found)


def _begins_with_a_name(word: str) -> bool:
    return word.startswith(NAMES)


def _has_capital(words: Words, word: str) -> bool:
    return any(words.text[start].isupper() for start, folded in zip(words.start, words.folded, strict=True) if folded == word)


def _product(message: Message, links: tuple[Link, ...], subject: Words, words: Words, linked_accounts: bool) -> Product:
    """The product that an answer is about: its form's, its sender's, the only one it names; else all of Meta.

    Threads has neither a form nor a domain of its own: it uses Instagram's.
    """
    forms = {link.product for link in links if link.product and link.track is Track.OWN_DATA}
    domain = meta_domain(domain_of(message.author))
    in_subject, in_text = _named(subject), _named(words)
    only = in_subject if len(in_subject) == 1 else in_text
    if only == {Product.THREADS} and (in_subject or forms <= {Product.INSTAGRAM}):
        return Product.THREADS
    if domain == "meta.com" and linked_accounts and len(in_text) > 1:
        return Product.META
    if len(forms) == 1:
        return forms.pop()
    if domain in SENDER_PRODUCT:
        return SENDER_PRODUCT[domain]
    if len(only) == 1:
        return next(iter(only))
    return Product.FACEBOOK if domain in FACEBOOK_DOMAINS else Product.META


def _concepts_by(number: Callable[[Hit], int], hits: tuple[Hit, ...]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for hit in hits:
        found[number(hit)].add(hit.concept)
    return found


def _announces_extension(hits: tuple[Hit, ...], text: str) -> bool:
    """GDPR Art. 12(3): whether one clause says that the time is extended, by months or to a date, not only that it may be."""
    if all(hit.concept != "EXTEND" for hit in hits):
        return False
    clauses, sentences = _concepts_by(lambda hit: hit.clause, hits), _concepts_by(lambda hit: hit.sentence, hits)
    negations = [hit for hit in hits if hit.concept in NEGATIONS]
    return any(
        hit.concept == "EXTEND"
        and ("MONTH" in clauses[hit.clause] or ("UNTIL" in clauses[hit.clause] and A_DATE.search(text, hit.end, hit.end + TO_A_DATE)))
        and "MAY" not in clauses[hit.clause]
        and "IF" not in sentences[hit.sentence]
        and not any(negation.start < hit.start <= negation.end + 1 for negation in negations)
        for hit in hits
    )


def _track(links: tuple[Link, ...], hits: tuple[Hit, ...], subject_hits: tuple[Hit, ...]) -> Track:
    """Third-party when only that form is linked, or the subject or one sentence speaks of both the request and third parties."""
    tracks = {link.track for link in links if link.track}
    if tracks:
        return Track.THIRD_PARTY if tracks == {Track.THIRD_PARTY} else Track.OWN_DATA
    if all(hit.concept != "THIRD_PARTY" for hit in (*subject_hits, *hits)):
        return Track.OWN_DATA
    sentences = [{hit.concept for hit in subject_hits}, *_concepts_by(lambda hit: hit.sentence, hits).values()]
    asked = any("THIRD_PARTY" in s and s & REQUEST_CONCEPTS and not s & HEDGES for s in sentences)
    return Track.THIRD_PARTY if asked else Track.OWN_DATA
