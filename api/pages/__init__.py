"""The pages for people: rendered here, out of the same answers as the JSON. They work without scripts."""

from fastapi import APIRouter

from api.pages import case, complaint, connect, importing, language, mail, mailboxes, models, overview, review, statistics

ROUTERS: tuple[APIRouter, ...] = (
    overview.router,
    case.router,
    complaint.router,
    mail.router,
    connect.router,
    importing.router,
    mailboxes.router,
    review.router,
    models.router,
    statistics.router,
    language.router,
)
