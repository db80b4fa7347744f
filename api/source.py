"""Where the card of a model comes from: the registry belongs to another program, so it is handed in."""

from collections.abc import Callable, Mapping

ModelCard = Callable[[str], Mapping[str, bytes]]
"""The files of a model's card by name, from its version; none for a model that is gone."""


def no_card(version: str) -> Mapping[str, bytes]:
    """No model's card is known."""
    return {}
