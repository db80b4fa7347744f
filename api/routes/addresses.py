"""«Is this address yours?»: asked once for each address that Meta wrote to, answered here."""

from fastapi import APIRouter, HTTPException

from api.auth import Caller, CallerDep, user_seen
from api.routes.problems import WRITES, problems
from api.schema import AddressesOut, AddressIn
from api.services import Services, ServicesDep
from ledger.people import User, normalised

router = APIRouter(tags=["addresses"])


def say(services: Services, caller: Caller, user: User, address: str, yours: bool) -> int:
    """Write down whose an address is and decide the waiting mails anew; returns how many entries that made.

    Users may only answer what they were asked, and may not take an address that is somebody else's: an administrator may. Raises 422.
    """
    address = normalised(address)
    if services.look_again is None:
        raise HTTPException(503, "addresses cannot be named here: the worker is not part of this process")
    if not (caller.admin or _may_answer(services, user, address)):
        raise HTTPException(422, "address: no mail of Meta's asks about it, or it is another user's; an administrator may name it")
    people = services.ledger.people
    (people.accept_address if yours else people.decline_address)(user, address)
    return services.look_again(user)


def _may_answer(services: Services, user: User, address: str) -> bool:
    people = services.ledger.people
    asked = {*services.ledger.record.status(user).asked_addresses, *people.declined(user), *people.addresses(user)}
    return address in asked and all(other == user for other in people.owners_of(address))


@router.post("/users/{user}/addresses", status_code=201, responses=problems(404, 422, *WRITES))
def post_address(user: str, said: AddressIn, services: ServicesDep, caller: CallerDep) -> AddressesOut:
    """Say whether an address is the user's. Yes: mail to it counts from now on, waiting mail included. No: it is not asked for again."""
    owner = user_seen(services, caller, user)
    decided = say(services, caller, owner, said.address, said.yours)
    people = services.ledger.people
    return AddressesOut(user=owner.name, addresses=people.addresses(owner), declined=people.declined(owner), decided=decided)
