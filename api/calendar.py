"""A user's deadlines as a calendar (RFC 5545): one all-day event for each answer that is due, with no word of any mail."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from api.marks import PRODUCTS, TRACKS
from ledger.outcome import Track
from ledger.people import User
from ledger.status import Case, State

REMIND = timedelta(days=7)
SUMMARY = {False: "{}: Meta’s answer is due", True: "{}: Meta’s answer is overdue"}
TEXT = "The last day for Meta’s answer to an objection (GDPR Art. 12(3)). Demur says what to do next."


def deadlines(user: User, cases: Iterable[Case], now: datetime) -> bytes:
    """The calendar of a user's waiting cases. The same status on the same day gives the same bytes."""
    calendar = Calendar()
    for name, value in (("prodid", "-//Demur//deadlines//EN"), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH")):
        calendar.add(name, value)
    calendar.add("x-wr-calname", "Objections to Meta’s AI training")
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"value": "DURATION"})
    for case in cases:
        if case.state is State.PENDING and case.answer_due:
            calendar.add_component(_event(user, case, now))
    return bytes(calendar.to_ical())


def _event(user: User, case: Case, now: datetime) -> Event:
    assert case.answer_due
    assert case.since
    event, overdue = Event(), case.overdue(now)
    event.add("uid", f"{_uid(user, case)}@demur")
    event.add("dtstamp", case.since)
    event.add("dtstart", case.answer_due)
    event.add("dtend", case.answer_due + timedelta(days=1))
    event.add("summary", SUMMARY[overdue].format(_title(case)))
    event.add("description", TEXT)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    if not overdue:
        event.add_component(_alarm())
    return event


def _title(case: Case) -> str:
    """What it is about, in English whoever asks: the feed has no reader whose language is known."""
    return PRODUCTS[case.product] + ("" if case.track is Track.OWN_DATA else f", {TRACKS[case.track]}")


def _uid(user: User, case: Case) -> str:
    """The same for the same attempt at the same objection, whatever becomes of its day."""
    return hashlib.sha256(f"{user.name}\n{case.product}\n{case.track}\n{case.attempt}".encode()).hexdigest()[:32]


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Meta’s answer is due in a week")
    alarm.add("trigger", -REMIND)
    return alarm
