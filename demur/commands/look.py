"""`demur probe`: look at the forms that mails link to, once, now."""

from typing import TYPE_CHECKING

from demur.commands.context import Json, composition
from demur.output import plain, print_json
from ledger.probe import MEANINGS

if TYPE_CHECKING:
    from ingest.prober import Look


def probe(json_: Json = False) -> None:
    """Look at every form link once, now, and say what was found. Needs DEMUR_PROBE_LINKS=on.

    Example: DEMUR_PROBE_LINKS=on demur probe
    """
    found = []
    for look in composition().prober.all_looks():
        found.append(look)
        if not json_:
            said = look.probe
            print(f"{said.finding:13} {plain(look.link.url)}  {plain(said.excerpt)}", flush=True)
    if json_:
        print_json({"probes": [_json(look) for look in found]})
    elif not found:
        print("No mail named a form yet.")


def _json(look: "Look") -> dict[str, object]:
    link, probe = look.link, look.probe
    return {
        "url": link.url,
        "product": link.product,
        "track": link.track,
        "at": probe.at.isoformat(),
        "finding": probe.finding.value,
        "meaning": MEANINGS[probe.finding],
        "http_status": probe.http_status,
        "hops": list(probe.hops),
        "excerpt": probe.excerpt,
        "address": probe.address,
    }
