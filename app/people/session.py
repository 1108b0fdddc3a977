"""The session of this phone: who is signed in on it, until when."""

from datetime import timedelta

from flask import current_app, session
from flask_login import current_user, login_user, logout_user

from app.people.models import DutyCard, Person, SignIn
from app.web import device_id

SHARED_COMPUTER = timedelta(hours=12)


def begin(who: Person | DutyCard, lasts: timedelta, *, stay: bool = True) -> None:
    """Sign this phone in. Whoever was signed in before is signed out; `stay`: beyond the closing of the browser."""
    leave()
    SignIn.begin(who, lasts, device_id())
    login_user(who)
    session.permanent = stay


def begin_as_person(person: Person, *, stay: bool) -> None:
    """For a term on a person's own phone, for a working day at most on a shared computer."""
    term = timedelta(days=current_app.config["SESSION_DAYS"])
    begin(person, term if stay else SHARED_COMPUTER, stay=stay)


def leave() -> None:
    """Sign this phone out: the row ends, and the cookie keeps nothing but the phone's random name."""
    if not current_user.is_authenticated:
        return
    current_user.sign_in_now.end()
    logout_user()
    device = session.get("device")
    session.clear()
    if device:
        session["device"] = device
