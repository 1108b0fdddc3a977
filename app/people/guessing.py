"""Whose name and password these are; guessing is slowed down without locking the rightful person out.

A device that this person signed in on before has tries of its own. All others share the account's tries, per
network and (three times as many) in total; so a guesser at school stops neither the person's own phone nor,
elsewhere, a new one. A whole school can share one address, so the limit of an address alone is high.
"""

from ipaddress import IPv6Address, ip_address, ip_network

from flask_babel import gettext as _

from app import throttle
from app.db import digest
from app.errors import Refused
from app.people import passwords
from app.people.models import QUARTER, Person, SignIn


def person_for(typed: str, password: str, *, address: str, device: str, tries: int, tries_address: int) -> Person:
    """The person with this name or phone and this password.

    address: of the network the try comes from; device: the random name of the phone (web.device_id).
    Refused with the same words, after the same time, for a name that does not exist and a wrong password.
    """
    person = Person.by_sign_in_name(typed)
    account = digest(typed.casefold())[:24]  # what is typed into the wrong box may be a password
    net = network(address)
    if person is not None and SignIn.knows(person, device):
        own, limits = f"sign-in:{account}:on:{digest(device)[:24]}", {}
    else:
        own = f"sign-in:{account}:from:{net}"
        limits = {f"sign-in:{account}": tries * 3, f"sign-in:from:{net}": tries_address}
    attempt = throttle.take_all({own: tries, **limits}, QUARTER)
    if attempt is None:
        raise Refused(_("Too many wrong tries. Please wait a quarter of an hour, or ask the office."), 429)
    if not passwords.matches(person.password_hash if person else "", password):
        raise Refused(_("Name or password is not right. With a namesake at school, use your phone number."), 422)
    throttle.give_back(attempt)
    throttle.forget(own)
    return person


def network(address: str) -> str:
    """An IPv4 address as it is, an IPv6 address as its /64: a household has as many as it likes of the rest."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)
