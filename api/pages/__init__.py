"""The pages for people: rendered here, out of the same answers as the JSON. They work without scripts."""

from fastapi import APIRouter

from api.pages import case, language, mail, overview

ROUTERS: tuple[APIRouter, ...] = (overview.router, case.router, mail.router, language.router)
