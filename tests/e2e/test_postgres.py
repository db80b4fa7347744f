"""The same way on PostgreSQL: only a setting changes."""

from pathlib import Path

import psycopg
import pytest

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program
from tests.e2e.story import from_meta


@pytest.mark.server
def test_the_ledger_lives_in_postgresql_when_the_setting_says_so(
    tmp_path: Path, postgres_server: str, signing_key: SigningKey, nameserver: NameServer
) -> None:
    with psycopg.connect(postgres_server.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE whole_way")
    program = Program(tmp_path / "data", {"DEMUR_NAMESERVERS": nameserver.address, "DEMUR_DATABASE_URL": f"{postgres_server}/whole_way"})
    folder = tmp_path / "mails"
    folder.mkdir()
    for number, outcome in enumerate(("notice", "receipt", "confirmation")):
        (folder / f"{number}.eml").write_bytes(from_meta(signing_key, outcome, "anna@example.org", number))
    program.run("import", folder, "--user", "anna")
    program.run("filed", "anna", "--product", "instagram")
    cases = {case["product"]: case["state"] for case in program.json("status", "anna")["cases"]}
    assert cases == {"facebook": "confirmed", "instagram": "pending"}
    program.run("doctor")
    assert not (tmp_path / "data" / "demur.sqlite3").exists()
    program.run("forget", "anna", "--yes")
    with psycopg.connect(postgres_server.replace("+psycopg", "") + "/whole_way") as connection:
        for table in ("users", "entries", "messages", "addresses", "mailboxes", "locations", "cases"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
