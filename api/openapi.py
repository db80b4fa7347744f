"""Prints the OpenAPI description: `python -m api.openapi > docs/openapi.json` renews the committed one."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

from api.app import create_app
from api.services import Services
from ledger.ledger import open_ledger
from ledger.vault import Vault


def description() -> str:
    """The description as it is committed: JSON, sorted, with a line end."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger("sqlite://", Path(folder), Vault([Fernet.generate_key().decode()]))
        app = create_app(Services(ledger, now=lambda: datetime.now(UTC), ready=dict))
    return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(description(), end="")
