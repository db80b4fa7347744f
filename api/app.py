"""The application put together: routes, guards, headers, errors."""

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from api import session
from api.auth import guard
from api.body_limit import BodyLimit
from api.errors import add_handlers
from api.headers import SecurityHeaders
from api.language import Speaking
from api.metrics import Measured, Metrics
from api.pages import ROUTERS
from api.routes import (
    addresses,
    complaints,
    deadlines,
    evidence,
    filings,
    health,
    links,
    mailboxes,
    messages,
    models,
    people,
    review,
    stats,
    status,
)
from api.services import Services
from api.templating import FOLDER

VERSION = "1"
"""Of what the routes promise, not of the program."""
GUARDED = (status, messages, review, filings, addresses, mailboxes, models, links, evidence, people, complaints, stats)


def create_app(services: Services) -> FastAPI:
    """The API and the pages over one ledger. Only `health` and `session` are open to strangers; `deadlines` guards itself."""
    app = FastAPI(title="Demur", version=VERSION, description=str(__doc__), docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    app.state.services = services
    app.state.metrics = metrics = Metrics(services.ledger)
    for router in ROUTERS:
        app.include_router(router)
    for module in GUARDED:
        app.include_router(module.router, dependencies=[Depends(guard)])
    app.include_router(health.router)
    app.include_router(deadlines.router)
    app.include_router(session.router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    add_handlers(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Measured, metrics=metrics)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Speaking)
    return app
