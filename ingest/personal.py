"""Where personal things stand in a text: names by what stands around them, addresses, numbers, tokens and links by how they look."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ingest.link import FORM_PATH, stripped, unwrapped
from ingest.pseudonym import Pseudonyms
from ingest.sender import is_meta, meta_domain
from ledger.forms import BY_ID
from ledger.text import DATE, fold

URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]»“”]", re.IGNORECASE)
OTHER_LINK = re.compile(r"\b(?:tel|sms|cid):[^\s<>\"']+", re.IGNORECASE)
ADDRESS = re.compile(r"[\w.+%=-]{1,80}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'’-]*\.?"
NAMED_ADDRESS = re.compile(rf"((?:{CAPITAL})(?:[ \t]+{CAPITAL}){{0,3}})[ \t]*[\"']?[ \t]*[<(\[]\s*(?:mailto:)?[\w.+%=-]+@")
NUMBER = re.compile(rf"(?<![\w.,/-])(?!{DATE})(?!\d\d?[./]\d\d?[./](?:19|20)\d\d\b)\+?[\d(](?:[ ()/.\u00a0-]{{0,2}}\d){{4,}}(?!\w)")
LONG_NUMBER = re.compile(r"\d{9,}")
TOKEN = re.compile(r"(?<![\w/])(?=[\w-]*[A-Za-z])(?=(?:[\w-]*\d){3})[A-Za-z0-9][\w-]{8,}[A-Za-z0-9=]{0,3}(?!\w)")
HANDLE = re.compile(r"(?<![\w@/])@(?!token\d)[^\W\d_][\w.]{2,29}\b")
SIGNED = re.compile(rf"{CAPITAL}[ \t]+[^\W\d_a-z]\.|{CAPITAL}(?:[ \t]+{CAPITAL}){{0,2}}")
SAFE_DOMAINS = re.compile(r"(?:^|\.)(?:example\.(?:org|com|net)|example|test|invalid)$")
SAFE_LOCAL = re.compile(r"[a-z][a-z._-]{0,40}")
WORD = re.compile(r"[^\W\d_][\w'’-]*")
NO_NAMES = frozenset(
    word for words in tomllib.loads((Path(__file__).parent / "no_names.toml").read_text(encoding="utf-8")).values() for word in words
)
"""Folded words that begin with capitals where names stand, and are none."""
SIGNATURE = 6
"""Lines at the end of a mail in which a name may stand alone."""
GREETING = 60
"""Characters: a longer first line is no greeting."""
GREETING_END = re.compile(r"[,!:;.‚،]?\s*$")


def names_around(header_values: Iterable[str], texts: Iterable[str], given: Iterable[str]) -> set[str]:
    """The words that are names: in headers, before addresses, in greetings, those that a person gives."""
    found = {word for name in given for word in WORD.findall(name)}
    for value in header_values:
        found |= set(_name_words(value))
    for text in texts:
        for match in NAMED_ADDRESS.finditer(text):
            found |= set(_name_words(match[1]))
        for address in ADDRESS.findall(text):
            found |= set(_local_words(address))
        found |= {*_greeted(text), *_signed(text)}
    return found


def _name_words(text: str) -> Iterator[str]:
    bare = ADDRESS.sub(" ", text)
    for word in (re.sub(r"['’]s?$", "", word) for word in WORD.findall(bare)):
        if len(word) > 2 and fold(word) not in NO_NAMES and word[0].isupper():
            yield word


def _local_words(address: str) -> Iterator[str]:
    """Names out of the local part of a private address: anna.berg@… gives Anna and Berg."""
    if is_meta(address) or SAFE_DOMAINS.search(address.rpartition("@")[2].lower()):
        return
    for part in re.split(r"[._+\d=-]+", address.partition("@")[0]):
        if len(part) > 3 and fold(part) not in NO_NAMES:
            yield part.capitalize()


def _greeted(text: str) -> Iterator[str]:
    """Names in the first line, where that is a greeting: short, and its later words begin with capitals."""
    for line in [line.strip() for line in text.split("\n") if line.strip()][:3]:
        words = WORD.findall(line)
        if len(line) > GREETING or not 2 <= len(words) <= 6 or line.endswith(("?", "…")) or not line.endswith((",", "!", ":")):
            continue
        small = set(WORD.findall(text)) - {word.capitalize() for word in words}
        for word in words[1:]:
            if word[0].isupper() and len(word) > 2 and fold(word) not in NO_NAMES and word.lower() not in small:
                yield word


def _signed(text: str) -> Iterator[str]:
    """Names at the end: alone on a line below one that ends with a comma, or with an initial behind («Ansgar T.»)."""
    lines = [line.strip() for line in text.split("\n") if line.strip() and not line.startswith(">")][3:]
    for before, line in list(zip(["", *lines], lines, strict=False))[-SIGNATURE:]:
        closed = before.endswith(",") and len(before) <= GREETING
        if SIGNED.fullmatch(line) and (closed or line.endswith(".")) and len(line.split()) <= 3:
            yield from _name_words(line)


def replaced(text: str, names: Iterable[str], stand_ins: Pseudonyms) -> str:
    """The text with a stand-in for everything personal in it."""
    kept: list[str] = []

    def keep(value: str) -> str:
        kept.append(value)
        return f"\0{len(kept) - 1}\0"

    text = URL.sub(lambda found: keep(link(found[0], stand_ins)), text.replace("\0", ""))
    text = OTHER_LINK.sub(lambda found: keep(found[0].partition(":")[0] + ":" + stand_ins.token(found[0].partition(":")[2])), text)
    text = ADDRESS.sub(lambda found: keep(address(found[0], stand_ins)), text)
    text = HANDLE.sub(lambda found: keep("@" + stand_ins.token(found[0][1:])), text)
    text = _without_names(text, names, stand_ins)
    text = TOKEN.sub(lambda found: keep(_token(found[0], stand_ins)), text)
    text = NUMBER.sub(lambda found: stand_ins.number(found[0]), text)
    return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], text)


def _token(value: str, stand_ins: Pseudonyms) -> str:
    return stand_ins.number(value) if not re.search(r"[A-Za-z]", value) else stand_ins.token(value)


def _without_names(text: str, names: Iterable[str], stand_ins: Pseudonyms) -> str:
    wanted = {fold(name): name for name in names}
    if not wanted:
        return text
    return WORD.sub(lambda found: _name(found[0], wanted, stand_ins), text)


def _name(word: str, wanted: dict[str, str], stand_ins: Pseudonyms) -> str:
    """A name's stand-in, an ending as in «Annas» or «Anna's» kept."""
    for ending in ("", "'s", "’s", "s"):
        bare = word[: len(word) - len(ending)] if ending else word
        if word.endswith(ending) and word[0].isupper() and fold(bare) in wanted:
            return stand_ins.name(wanted[fold(bare)]) + ending
    return word


def address(value: str, stand_ins: Pseudonyms) -> str:
    """An address's stand-in. Meta's own stay, without what marks a case; those of examples stay."""
    local, _, domain = value.rpartition("@")
    if is_meta(value):
        bare = local.lower().split("+", 1)[0]
        if SAFE_LOCAL.fullmatch(bare):
            if bare != local.lower():
                stand_ins.dropped("address", value)
            return f"{bare if bare != local.lower() else local}@{domain}"
        stand_ins.dropped("address", value)
        return f"notification@{domain}"
    if SAFE_DOMAINS.search(domain.lower()) and re.fullmatch(r"person\d+|\d+", local):
        return value
    return stand_ins.address(value)


def link(url: str, stand_ins: Pseudonyms) -> str:
    """A link's stand-in: Meta's without trackers, parameters and personal numbers, a stranger's as a page of example.org."""
    clean = stripped(unwrapped(url))
    host = (urlsplit(clean).hostname or "") if clean else ""
    if SAFE_DOMAINS.search(host):
        return _noted(url, clean.partition("?")[0], stand_ins)
    if not meta_domain(host):
        return stand_ins.page(url)
    form = FORM_PATH.search(urlsplit(clean).path)
    if form and form[1] in BY_ID:
        return _noted(url, BY_ID[form[1]].url, stand_ins)
    bare = LONG_NUMBER.sub(lambda found: stand_ins.number(found[0]), clean.partition("?")[0])
    return _noted(url, "/".join(_segment(part, stand_ins) for part in bare.split("/")), stand_ins)


def _segment(part: str, stand_ins: Pseudonyms) -> str:
    return stand_ins.token(part) if TOKEN.fullmatch(part) and not part.isdigit() else part


def _noted(before: str, after: str, stand_ins: Pseudonyms) -> str:
    if before.rstrip("/") != after.rstrip("/"):
        stand_ins.dropped("link", before)
    return after
