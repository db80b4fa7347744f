"""Where each status phrase is said: `python -m bench.phrases` rewrites bench/results/phrases.md.

A phrase is looked for in the labelled mails of all outcomes. Said in mails of another outcome it may mislead, unless it stands under a
condition, inside a quotation, inside a longer phrase of another outcome, or in words that are not Meta's: those places are counted apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from bench.results_file import RESULTS
from classifier.features import QUOTED
from classifier.fixtures import Labelled, load
from demur import shipped
from ingest.decide import read
from ingest.lexicon import PhraseRule, codes, language
from ingest.pattern import Matcher
from ingest.phrases import conditional_sentences
from ingest.speech import speech_of
from ledger.text import Words, words_of

Match = tuple[int, int, PhraseRule]
CONTEXT = 60
"""Characters shown before and behind a phrase."""


@dataclass(frozen=True, slots=True)
class Said:
    """One phrase in one mail. `how`: own, conditional, quoted, covered, others' or elsewhere (the one that misleads)."""

    code: str
    rule: PhraseRule
    mail: Labelled
    how: str
    around: str


@cache
def _matcher(code: str) -> Matcher[PhraseRule]:
    return Matcher((tuple((word, False) for word in rule.words), rule) for rule in language(code).phrases)


def _covered(match: Match, all_matches: Sequence[Match]) -> bool:
    """Whether a longer phrase of another outcome holds it."""
    first, last, rule = match
    return any(a <= first and last <= b and b - a > last - first and other.outcome is not rule.outcome for a, b, other in all_matches)


def _how(mail: Labelled, words: Words, match: Match, matches: Sequence[Match], conditional: set[int]) -> str:
    start, end = words.span(match[0], match[1])
    if words.sentence[match[0]] in conditional:
        return "conditional"
    if mail.outcome is match[2].outcome:
        return "own"
    if any(a <= start and end <= b for a, b in (found.span() for found in QUOTED.finditer(words.text))):
        return "quoted"
    if _covered(match, matches):
        return "covered"
    return "elsewhere" if mail.message.from_meta else "others"


def said_in(mail: Labelled) -> Iterator[Said]:
    """Every phrase that a mail says, once for each."""
    message, words = mail.message, words_of(mail.message.text)
    languages = speech_of(f"{message.subject}\n{message.text}").languages
    conditional = conditional_sentences(words, languages)
    found = [(code, match) for code in languages for match in _matcher(code).find(words.folded) if _in_one_sentence(words, match)]
    matches = [match for _, match in found]
    for code, match in {(code, match[2]): (code, match) for code, match in found}.values():
        start, end = words.span(match[0], match[1])
        around = " ".join(words.text[max(0, start - CONTEXT) : end + CONTEXT].split())
        yield Said(code, match[2], mail, _how(mail, words, match, matches, conditional), around)


def _in_one_sentence(words: Words, match: Match) -> bool:
    return words.sentence[match[0]] == words.sentence[match[1]]


HOW = ("own", "conditional", "quoted", "covered", "others", "elsewhere")


def _by_language(found: Sequence[Said]) -> list[str]:
    rows = [
        "| language | phrases | deciding | supporting | never said | " + " | ".join(HOW) + " |",
        "|---|---|---|---|---|" + "---|" * len(HOW),
    ]
    for code in codes():
        rules = language(code).phrases
        own = [said for said in found if said.code == code]
        counts = Counter(said.how for said in own)
        deciding = sum(rule.deciding for rule in rules)
        never = len({rule.text for rule in rules} - {said.rule.text for said in own})
        figures = [len(rules), deciding, len(rules) - deciding, never, *(counts[how] for how in HOW)]
        rows.append(f"| {code} | " + " | ".join(map(str, figures)) + " |")
    return rows


def _misleading(found: Sequence[Said]) -> list[str]:
    """The phrases that Meta's own words of another outcome hold, deciding ones first."""
    by_rule: dict[tuple[str, PhraseRule], list[Said]] = defaultdict(list)
    for said in found:
        if said.how == "elsewhere":
            by_rule[said.code, said.rule].append(said)
    rows = ["| phrase | of | strength | in mails of it | said in | around |", "|---|---|---|---|---|---|"]
    for (code, rule), places in sorted(by_rule.items(), key=lambda item: (not item[0][1].deciding, item[0][0], item[0][1].text)):
        own = sum(said.how == "own" and said.rule is rule for said in found)
        strength = "**deciding**" if rule.deciding else "supporting"
        for place in places:
            around = place.around.replace("|", "/")
            rows.append(f"| {code} «{rule.text}» | {rule.outcome} | {strength} | {own} | {place.mail.name} | …{around}… |")
    return rows


def main() -> None:
    mails = load(shipped.fixtures(), read)
    found = [said for mail in mails for said in said_in(mail)]
    dangerous = {(said.code, said.rule.text) for said in found if said.how == "elsewhere" and said.rule.deciding}
    lines = [
        "# Where status phrases are said",
        "",
        f"{sum(len(language(code).phrases) for code in codes())} phrases, {len(mails)} labelled mails (the hold-out is not looked at).",
        "Counts are pairs of phrase and mail. *own*: in a mail of the phrase's outcome; *conditional*: in a sentence with a condition; in mails",
        "of another outcome: *quoted*, *covered* by a longer phrase, in *others'* words than Meta's, or *elsewhere*, where it can mislead.",
        "",
        *_by_language(found),
        "",
        f"## Elsewhere: {len(dangerous)} of them deciding",
        "",
        *_misleading(found),
    ]
    (RESULTS / "phrases.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
