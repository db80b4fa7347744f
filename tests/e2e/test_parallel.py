"""Heavy work spread over processes and clusters: the same answers, and one line where a backend cannot be used."""

import sys
from collections.abc import Iterator

import pytest
from dask.distributed import LocalCluster

from demur.demo.nameserver import NameServer
from demur.demo.signing import SigningKey
from tests.e2e.program import Program
from tests.e2e.story import from_meta
from tests.e2e.test_replay import strict_copy


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, signing_key: SigningKey, nameserver: NameServer) -> Program:
    """Two users with a few mails each, and a second model that is never sure."""
    home = tmp_path_factory.mktemp("parallel")
    program = Program(home / "data", {"DEMUR_NAMESERVERS": nameserver.address})
    for user in ("anna", "bert"):
        (home / user).mkdir()
        for number, outcome in enumerate(("notice", "receipt", "rejection")):
            (home / user / f"{number}.eml").write_bytes(from_meta(signing_key, outcome, f"{user}@example.org", number))
        program.run("import", home / user, "--user", user)
    strict_copy(home / "data")
    return program


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A Dask cluster on loopback: two workers, each a process (with one alone, joblib works here)."""
    with LocalCluster(host="127.0.0.1", n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def replayed(ledger: Program, **environment: str) -> object:
    return Program(ledger.data, ledger.environment | environment).json("replay", "--model", "strict")


def test_a_replay_says_the_same_wherever_it_runs(ledger: Program, cluster: LocalCluster) -> None:
    alone = replayed(ledger)
    scheduler, before = cluster.scheduler_address, cluster.scheduler.transition_counter
    assert alone["states"]  # type: ignore[index]
    assert replayed(ledger, DEMUR_JOBLIB_BACKEND="threading") == alone
    assert cluster.scheduler.transition_counter == before
    assert replayed(ledger, DEMUR_JOBLIB_BACKEND=f"dask:{scheduler}") == alone
    assert replayed(ledger, DEMUR_JOBLIB_BACKEND="dask", DEMUR_DASK_SCHEDULER=scheduler) == alone
    assert cluster.scheduler.transition_counter > before


def test_a_backend_that_nobody_knows_is_named_in_one_line(ledger: Program) -> None:
    for name in ("spark", "loky:tcp://127.0.0.1:1"):
        failed = Program(ledger.data, {"DEMUR_JOBLIB_BACKEND": name}).run("replay", code=2)
        assert failed.stderr.startswith("demur: DEMUR_JOBLIB_BACKEND")
        assert failed.stderr.count("\n") == 1


def test_a_scheduler_that_does_not_answer_is_named_in_one_line(ledger: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demur.parallel.WITHIN", "0.5s")
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        failed = Program(ledger.data, {"DEMUR_JOBLIB_BACKEND": f"dask:{address}"}).run("replay", code=2)
        assert f"no Dask scheduler answers at {address}" in failed.stderr
        assert failed.stderr.count("\n") == 1


def test_without_dask_the_setting_says_what_to_install(ledger: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    failed = Program(ledger.data, {"DEMUR_JOBLIB_BACKEND": "dask"}).run("replay", code=2)
    assert "pip install 'demur[bulk]'" in failed.stderr
    assert failed.stderr.count("\n") == 1
