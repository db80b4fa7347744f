"""What a bundle of evidence says of the program that made it: its name and version, and the cards of its models."""

from demur import __version__
from demur.composition import Composition
from demur.judge import registry
from ledger.errors import OperatorError

PROGRAM = f"demur {__version__}"


def model_card(parts: Composition, version: str) -> dict[str, bytes]:
    """The files of a model's card, by name; none when that model is not here (any more)."""
    try:
        folder = registry(parts.settings.data).folder(version)
    except OperatorError:
        return {}
    return {path.name: path.read_bytes() for path in sorted(folder.glob("card.*"))}
