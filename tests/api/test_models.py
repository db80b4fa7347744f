"""The registry over HTTP: for administrators alone, one training at a time."""

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.models import Training
from api.services import Services
from tests.api.shelf import FIRST, SECOND
from tests.api.world import NOW, World, bearer


def test_models_are_listed_with_their_cards_and_who_decides(admin: TestClient):
    listed = admin.get("/models").json()
    assert (listed["current"], listed["shadow"], listed["training"]["state"]) == (SECOND, None, "idle")
    assert [(m["version"], m["current"]) for m in listed["models"]] == [(SECOND, True), (FIRST, False)]
    assert listed["models"][0]["outcomes"][0]["outcome"] == "receipt"
    assert listed["models"][0]["created_at"] == "2025-06-01T00:00:00Z"


def test_another_model_is_promoted_and_taken_back(admin: TestClient):
    assert admin.post(f"/models/{FIRST}/promote").json()["current"] == FIRST
    assert admin.post("/models/rollback").json()["current"] == SECOND


def test_a_model_that_does_not_exist_is_not_promoted(admin: TestClient):
    for version in ("none", "..", "2025.01.01-cccccc"):
        assert admin.post(f"/models/{version}/promote").status_code == 404
        assert admin.post(f"/models/{version}/shadow").status_code == 404


def test_a_model_that_cannot_be_opened_is_a_conflict_with_its_reason(world: World, admin: TestClient):
    world.models.broken.add(FIRST)
    answer = admin.post(f"/models/{FIRST}/promote")
    assert (answer.status_code, "damaged" in answer.json()["detail"]) == (409, True)


def test_without_an_earlier_model_there_is_no_way_back(world: World, admin: TestClient):
    world.models.history = [SECOND]
    assert admin.post("/models/rollback").status_code == 409


def test_only_one_training_runs_and_its_progress_is_told(world: World, admin: TestClient):
    begun = admin.post("/models/train")
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    assert admin.post("/models/train").status_code == 409
    world.models.training = Training("running", "evaluating by template", 3, 6)
    assert admin.get("/models/training").json()["done"] == 3
    world.models.training = Training("done", version=FIRST, promoted=False, reasons=["recall of notice fell"])
    assert admin.get("/models/training").json()["reasons"] == ["recall of notice fell"]
    assert admin.post("/models/train").status_code == 202


def test_a_model_is_put_into_the_shadow_and_taken_out(admin: TestClient):
    listed = admin.post(f"/models/{FIRST}/shadow").json()
    assert (listed["current"], listed["shadow"]) == (SECOND, FIRST)
    assert admin.delete("/models/shadow").json()["shadow"] is None


@pytest.mark.parametrize(("method", "path"), [("get", "/models"), ("get", "/models/training"), ("post", "/models/train")])
def test_without_a_classifier_there_are_no_models(world: World, method: str, path: str):
    client = TestClient(create_app(Services(world.ledger, lambda: NOW, dict)), headers=bearer(world.token(None)))
    assert client.request(method, path).status_code == 503


def test_what_a_version_would_change_is_worked_out_and_shown(world: World, admin: TestClient):
    assert admin.get("/models/comparison").json() is None
    assert admin.post(f"/models/{FIRST}/comparison").status_code == 202
    (moved,) = admin.get("/models/comparison").json()["states"]
    assert (moved["user"], moved["before"], moved["after"]) == ("anna", "confirmed", "none")
    page = admin.get("/models", headers={"Accept": "text/html"}).text
    assert f"What {FIRST} would change" in page
    assert "1 objection would stand elsewhere." in page


def test_a_version_that_is_not_there_or_does_not_open_changes_nothing(world: World, admin: TestClient):
    assert admin.post("/models/nothing/comparison").status_code == 404
    world.models.broken.add(FIRST)
    assert admin.post(f"/models/{FIRST}/comparison").status_code == 409
