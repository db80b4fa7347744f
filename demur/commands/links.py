"""`demur links`: the forms that mails link to, and what looking at them found."""

from demur.commands.context import Json, composition
from demur.output import plain, print_json, print_table
from ledger.probe import MEANINGS


def links(json_: Json = False) -> None:
    """List the form links that mails named, with what looking at them found so far.

    Example: demur links
    """
    from api.report import link_histories

    found = link_histories(composition().ledger, None)
    if json_:
        print_json({"links": [link.model_dump(mode="json") for link in found]})
        return
    if not found:
        print("No mail named a form yet.")
        return
    rows = [
        [link.standing, str(link.since or "")[:10], link.finding, len(link.probes), plain(link.url), MEANINGS[link.finding]]
        for link in found
    ]
    print_table(["standing", "since", "last finding", "probes", "form", "that is"], rows)
