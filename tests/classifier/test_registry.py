"""Models on disk: immutable, pinned, opened only when everything agrees, gone back to in one step."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.fixtures import Labelled
from classifier.registry import MAX_BYTES, ModelMismatchError, Registry
from classifier.retrain import Retrained
from demur.judge import Judge
from ledger.errors import OperatorError
from tests.classifier.conftest import silent

Train = Callable[..., Retrained]


def altered_card(registry: Registry, version: str, **changes: object) -> None:
    path = registry.own / version / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


class Trap:
    """A pickle that writes a marker when somebody opens it."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return eval, (f"open({str(self.marker)!r}, 'w').close()", "")[:1]  # type: ignore[return-value]


def test_a_trained_model_opens_and_predicts_as_before(registry: Registry, champion: str, mails: list[Labelled]) -> None:
    model = registry.current()
    predictions = model.predict([mail.message for mail in mails])
    assert {p.model for p in predictions} == {champion}
    assert sum(p.outcome is m.outcome for p, m in zip(predictions, mails, strict=True)) > 0.95 * len(mails)
    assert all(abs(sum(p.probabilities.values()) - 1) < 0.01 for p in predictions)


def test_a_planted_file_is_refused_before_anything_in_it_runs(registry: Registry, champion: str, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    (registry.own / champion / "model.joblib").write_bytes(pickle.dumps(Trap(marker)))
    with pytest.raises(OperatorError, match="not opened"):
        registry.current()
    assert not marker.exists()


def test_a_planted_file_with_a_matching_card_is_refused_because_the_registry_pins_another(
    registry: Registry, champion: str, tmp_path: Path
) -> None:

    data = pickle.dumps(Trap(tmp_path / "marker"))
    (registry.own / champion / "model.joblib").write_bytes(data)
    altered_card(registry, champion, sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(OperatorError, match="not opened"):
        registry.current()
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("damage", [b"", b"not a model", None])
def test_a_damaged_or_missing_file_is_refused(registry: Registry, champion: str, damage: bytes | None) -> None:
    path = registry.own / champion / "model.joblib"
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(OperatorError):
        registry.current()


@pytest.mark.parametrize("change", [{"scikit_learn": "0.1"}, {"features": "0"}])
def test_a_model_of_other_versions_must_be_trained_anew(registry: Registry, champion: str, change: dict[str, str]) -> None:
    altered_card(registry, champion, **change)
    with pytest.raises(ModelMismatchError):
        registry.current()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_card_is_refused(registry: Registry, champion: str, text: str) -> None:
    (registry.own / champion / "card.json").write_text(text)
    with pytest.raises(OperatorError, match=r"card\.json"):
        registry.current()


@pytest.mark.parametrize("version", ["", "..", "../models", "none"])
def test_a_version_that_is_no_version_is_named(registry: Registry, champion: str, version: str) -> None:
    with pytest.raises(OperatorError, match="no model"):
        registry.open(version)


def test_rollback_goes_back_one_version_at_a_time(train: Train, registry: Registry, champion: str, few: Path) -> None:
    second = train(few).card.version
    assert registry.current_version() == second
    assert registry.rollback() == champion
    assert registry.current().version == champion
    with pytest.raises(OperatorError, match="no earlier model"):
        registry.rollback()


def test_an_installed_scikit_learn_that_differs_leads_to_training_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], small: Path, registry: Registry, champion: str
) -> None:
    monkeypatch.setattr("demur.shipped.models", lambda: registry.own)
    monkeypatch.setattr("demur.shipped.fixtures", lambda: small)
    altered_card(registry, champion, scikit_learn="0.1")
    judge = Judge(tmp_path / "data", None, silent)
    assert judge.model().version
    assert (tmp_path / "data" / "models" / "current").exists()
    assert "retraining" in capsys.readouterr().err


def test_the_same_mails_trained_twice_a_day_make_two_versions(registry: Registry, champion: str) -> None:
    assert registry.new_version("2030.01.01-abcdef") == "2030.01.01-abcdef"
    assert registry.new_version(champion) == f"{champion}.2"


def test_a_version_is_never_overwritten(registry: Registry, champion: str) -> None:
    card = next(card for card in registry.versions() if card.version == champion)
    before = (registry.own / champion / "model.joblib").read_bytes()
    with pytest.raises(OperatorError, match="never overwritten"):
        registry.add(registry.current(), card)
    assert (registry.own / champion / "model.joblib").read_bytes() == before
    assert not list(registry.own.glob(".building-*"))


def test_what_a_killed_training_left_half_built_is_no_version_and_is_removed_later(registry: Registry, champion: str) -> None:
    left = registry.own / ".building-killed"
    shutil.copytree(registry.own / champion, left)
    assert [card.version for card in registry.versions()] == [champion]
    with pytest.raises(OperatorError, match="no model"):
        registry.open(".building-killed")
    os.utime(left, (0, 0))
    with pytest.raises(OperatorError):
        registry.add(registry.current(), registry.versions()[0])
    assert not left.exists()


def test_damaged_pins_are_named_and_nothing_is_opened(registry: Registry, champion: str) -> None:
    (registry.own / "pins.json").write_text("{")
    with pytest.raises(OperatorError, match=r"pins\.json is damaged"):
        registry.current()


def test_a_model_without_a_pin_is_foreign_and_not_opened(registry: Registry, champion: str) -> None:
    (registry.own / "pins.json").unlink()
    with pytest.raises(OperatorError, match="not opened"):
        registry.current()


def test_a_file_larger_than_any_model_is_not_even_read(registry: Registry, champion: str) -> None:
    with (registry.own / champion / "model.joblib").open("r+b") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(OperatorError, match="larger than any model"):
        registry.current()


@pytest.mark.parametrize(("content", "error"), [(b"", "no model yet"), (b"gone\n", "no model gone"), (b"\xff\xfe\n", "no model")])
def test_a_damaged_name_of_the_champion_is_an_operators_matter(registry: Registry, champion: str, content: bytes, error: str) -> None:
    (registry.own / "current").write_bytes(content)
    with pytest.raises(OperatorError, match=error):
        registry.current()
