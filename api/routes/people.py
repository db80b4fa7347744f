"""A user: where they live and what they read."""

from fastapi import APIRouter, HTTPException

from api.auth import CallerDep, user_seen
from api.routes.problems import WRITES, problems
from api.schema import ProfileIn, ProfileOut
from api.services import Services, ServicesDep
from ledger.errors import OperatorError
from ledger.holiday import known_country
from ledger.people import Profile, User

router = APIRouter(tags=["users"])


def _shown(services: Services, user: User) -> ProfileOut:
    profile = services.ledger.people.profile(user)
    return ProfileOut(user=user.name, country=profile.country, language=profile.language)


@router.get("/users/{user}/profile", responses=problems(404))
def get_profile(user: str, services: ServicesDep, caller: CallerDep) -> ProfileOut:
    """Where a user lives and what they read, as far as they said."""
    return _shown(services, user_seen(services, caller, user))


@router.patch("/users/{user}/profile", responses=problems(404, 422, *WRITES))
def patch_profile(user: str, said: ProfileIn, services: ServicesDep, caller: CallerDep) -> ProfileOut:
    """Say where a user lives and what they read; what is left out stays, null forgets it."""
    owner = user_seen(services, caller, user)
    known = services.ledger.people.profile(owner)
    try:
        country = known_country(said.country) if said.country else None
    except OperatorError:
        raise HTTPException(422, "country: give the two letters of a country, as in DE, FR or IE") from None
    kept = Profile(
        country if "country" in said.model_fields_set else known.country,
        said.language if "language" in said.model_fields_set else known.language,
    )
    services.ledger.people.set_profile(owner, kept)
    return _shown(services, owner)
