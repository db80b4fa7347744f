"""The mailboxes that are read: connect one, see how they are, remove one. A secret goes in and never comes out."""

from fastapi import APIRouter, HTTPException

from api.auth import Caller, CallerDep, own_user
from api.report import mailbox_out
from api.routes.problems import WRITES, problems
from api.schema import MailboxIn, MailboxList, MailboxOut
from api.services import NewMailbox, Services, ServicesDep
from ledger.errors import OperatorError, RetryableError
from ledger.mailboxes import MailboxRow
from ledger.people import User

router = APIRouter(tags=["mailboxes"])


def _served(services: Services, caller: Caller, mailbox: MailboxRow) -> list[User]:
    """The users of a mailbox whom the caller may see."""
    return [user for user in services.ledger.people.of_mailbox(mailbox.id) if caller.sees(user.id)]


def _shown(services: Services, caller: Caller, mailbox: MailboxRow) -> MailboxOut:
    return mailbox_out(services.ledger, mailbox, [user.name for user in _served(services, caller, mailbox)], services.now())


def mailbox_seen(services: Services, caller: Caller, name: str) -> MailboxRow:
    mailbox = services.ledger.mailboxes.find(name) if "\0" not in name else None
    if mailbox is None or not (caller.admin or _served(services, caller, mailbox)):
        raise HTTPException(404, "there is no such mailbox")
    return mailbox


def mailboxes_seen(services: Services, caller: Caller, first: int = 0, most: int | None = None) -> list[MailboxOut]:
    """The mailboxes that the caller may see, by name; `most` of them from number `first` on."""
    if caller.admin:
        rows = services.ledger.mailboxes.all()
    else:
        owner = own_user(services, caller, None)
        rows = services.ledger.mailboxes.of_users([owner])[owner]
    return [_shown(services, caller, row) for row in rows[first : first + most if most is not None else None]]


@router.get("/mailboxes", responses=problems())
def get_mailboxes(services: ServicesDep, caller: CallerDep) -> MailboxList:
    """The mailboxes the token may see, by name, with their health."""
    return MailboxList(mailboxes=mailboxes_seen(services, caller))


def _new_mailbox(wanted: MailboxIn, owner: str) -> NewMailbox:
    return NewMailbox(
        user=owner,
        address=wanted.address,
        password=wanted.password.get_secret_value(),
        host=wanted.host,
        port=wanted.port,
        security=wanted.security,
        login=wanted.login,
        folders=tuple(wanted.folders),
        aliases=tuple(wanted.aliases),
        authserv_id=wanted.authserv_id,
    )


def _require_free(services: Services, caller: Caller, wanted: MailboxIn) -> None:
    """Nobody but its users and administrators may point an existing mailbox elsewhere."""
    for name in {wanted.address, wanted.address.lower(), wanted.login or wanted.address}:
        if services.ledger.mailboxes.find(name) is not None:
            mailbox_seen(services, caller, name)


def connected(services: Services, caller: Caller, wanted: MailboxIn, owner: str) -> MailboxRow:
    """The mailbox, once its log-in was tested. Raises 404 for somebody else's, 422 with what to change, 503 when its server is away."""
    _require_free(services, caller, wanted)
    if services.connect is None:
        raise HTTPException(503, "mailboxes cannot be connected here: the worker is not part of this process")
    try:
        return services.connect(_new_mailbox(wanted, owner))
    except OperatorError as error:
        raise HTTPException(422, str(error)) from None
    except RetryableError as error:
        raise HTTPException(503, str(error), {"Retry-After": "60"}) from None


@router.post("/mailboxes", status_code=201, responses=problems(404, 422, *WRITES))
def post_mailbox(wanted: MailboxIn, services: ServicesDep, caller: CallerDep) -> MailboxOut:
    """Connect a mailbox: the log-in is tested, then it is read from now on. 422 says what to change, 503 that its server is away."""
    return _shown(services, caller, connected(services, caller, wanted, own_user(services, caller, wanted.user).name))


@router.delete("/mailboxes/{name:path}", status_code=204, responses=problems(403, 404))
def delete_mailbox(name: str, services: ServicesDep, caller: CallerDep) -> None:
    """Stop reading a mailbox and forget its secret; the entries stay. One that others share stays theirs."""
    mailbox = mailbox_seen(services, caller, name)
    mine = _served(services, caller, mailbox)
    others = set(services.ledger.people.of_mailbox(mailbox.id)) - set(mine)
    if not others:
        services.ledger.mailboxes.remove(mailbox)
        return
    for user in mine:
        services.ledger.people.unserve(mailbox.id, user)
