"""Renews the catalogues of texts: `python -m bench.catalogue` finds every text in the code and the templates and merges it into api/locales.

What is new stands there without a translation (a test names it), what is gone is dropped.
"""

import tomllib
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from ledger.probe import MEANINGS
from ledger.status import ASKED, TEXTS

API = Path(__file__).parent.parent / "api"
LOCALES = API / "locales"
PROVIDERS = API.parent / "ingest" / "providers.toml"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
WIDTH = 140


def extracted() -> Catalog:
    """Every text that a page may show: the code's, the templates', the next steps that the ledger names, and where passwords come from."""
    found = Catalog(project="Demur", charset="utf-8")
    for name, _line, message, _comments, _context in extract_from_dir(str(API), METHODS, OPTIONS, KEYWORDS):
        found.add(message, locations=[(f"api/{name}", 0)])
    for name, texts in (("status", TEXTS), ("status", ASKED), ("probe", MEANINGS)):
        for text in texts.values():
            found.add(text, locations=[(f"ledger/{name}.py", 0)])
    for provider in tomllib.loads(PROVIDERS.read_text(encoding="utf-8"))["provider"]:
        found.add(provider["help"], locations=[("ingest/providers.toml", 0)])
    return found


def committed(path: Path) -> Catalog:
    """A catalogue as it stands in the repository."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def main() -> None:
    template = extracted()
    for path in LOCALES.glob("*/LC_MESSAGES/demur.po"):
        catalogue = committed(path)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=WIDTH, omit_header=False, sort_output=True, include_lineno=False)
        missing = [message.id for message in catalogue if message.id and not message.string]
        print(f"{path.parent.parent.name}: {len(catalogue)} texts, {len(missing)} to translate")


if __name__ == "__main__":
    main()
