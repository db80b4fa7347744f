"""`GET /links` and what a probe of a form looks like in answers and on pages."""

from datetime import timedelta

from starlette.testclient import TestClient

from ledger.entry import LinkProbe
from ledger.outcome import Product, Track
from ledger.probe import Finding, Probe
from tests.api.world import World, bearer, client_of

FORM = "https://help.instagram.com/contact/767264225370182"
OTHER = "https://www.facebook.com/help/contact/712876720715583"


def notice(world: World, user: str, url: str = FORM) -> None:
    world.mail(user, "notice", "2025-05-20", form_url=url, form_urls=(url,))


def found_broken(world: World, user: str, url: str = FORM) -> None:
    """What a prober writes down once a form counts as broken."""
    (link,) = [link for link in world.ledger.links.all() if link.url == url]
    for hours in (0, 8, 16, 24):
        at = world.now - timedelta(hours=24 - hours)
        probe = Probe(at, Finding.REMOVED, 404, ("help.instagram.com",), "Sorry, this page isn't available.", "157.240.0.174")
        world.ledger.links.note(link, probe, at + timedelta(hours=8))
    lines = tuple(f"look {n}" for n in range(4))
    body = LinkProbe(
        Product.INSTAGRAM, Track.OWN_DATA, url, True, Finding.REMOVED, world.now, 404, "Sorry, this page isn't available.", lines
    )
    world.ledger.record.write(world.user(user), world.now, body, world.now)


def test_a_link_is_shown_with_all_its_probes_and_the_known_other_way(world: World, anna: TestClient) -> None:
    notice(world, "anna")
    found_broken(world, "anna")
    answer = anna.get("/links").json()
    assert answer["probing"] is False
    (link,) = answer["links"]
    assert (link["url"], link["product"], link["standing"], link["finding"]) == (FORM, "instagram", "broken", "removed")
    assert link["alternative"] == "https://help.meta.com/support/privacy"
    assert len(link["probes"]) == 4
    assert link["probes"][0] == {
        "at": "2025-05-31T12:00:00Z",
        "finding": "removed",
        "http_status": 404,
        "hops": ["help.instagram.com"],
        "excerpt": "Sorry, this page isn't available.",
        "address": "157.240.0.174",
    }


def test_a_link_that_nobody_looked_at_says_so(world: World, anna: TestClient) -> None:
    notice(world, "anna")
    (link,) = anna.get("/links").json()["links"]
    assert (link["standing"], link["finding"], link["probes"]) == ("unclear", "not_probed", [])


def test_users_see_the_links_of_their_own_mails_and_administrators_all(world: World, anna: TestClient, admin: TestClient) -> None:
    notice(world, "anna")
    notice(world, "ben", OTHER)
    assert [link["url"] for link in anna.get("/links").json()["links"]] == [FORM]
    assert [link["url"] for link in admin.get("/links").json()["links"]] == [FORM, OTHER]
    assert [link["url"] for link in admin.get("/links?user=ben").json()["links"]] == [OTHER]
    assert anna.get("/links?user=ben").status_code == 404
    assert client_of(world).get("/links").status_code == 401


def test_the_status_says_that_looking_at_the_form_broke_it(world: World, anna: TestClient) -> None:
    notice(world, "anna")
    found_broken(world, "anna")
    (case,) = anna.get("/status/anna").json()["cases"]
    assert case["state"] == "link_broken"
    because = case["because"]
    assert (because["decided_by"], because["message"], because["outcome"]) == ("probe", None, "broken_link")
    assert because["phrases"][:2] == [f"the site says that the page is gone: {FORM}", "Sorry, this page isn't available."]
    assert (case["next_step"]["action"], case["next_step"]["url"]) == ("retry_form", "https://help.meta.com/support/privacy")
    newest = anna.get("/status/anna/timeline").json()["entries"][0]
    assert (newest["kind"], newest["outcome"], newest["decided_by"], newest["url"]) == ("probe", "broken_link", "probe", FORM)


def test_the_page_tells_of_the_probe(world: World) -> None:
    notice(world, "anna")
    found_broken(world, "anna")
    page = client_of(world).get("/users/anna", headers=bearer(world.token("anna", "read"))).text
    assert "Form broken" in page
    assert "the site says that the page is gone" in page
    assert "looking at the form" in page


def test_the_next_step_says_how_its_form_is(world: World, anna: TestClient) -> None:
    notice(world, "anna")
    (case,) = anna.get("/status/anna").json()["cases"]
    assert (case["next_step"]["url"], case["next_step"]["standing"]) == (FORM, None)
    (link,) = world.ledger.links.all()
    for hours in (30, 0):
        at = world.now - timedelta(hours=hours)
        world.ledger.links.note(link, Probe(at, Finding.OK, 200, ("help.instagram.com",), "", "157.240.0.174"), at)
    (case,) = anna.get("/status/anna").json()["cases"]
    assert case["next_step"]["standing"] == "works"
