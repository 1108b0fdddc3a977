"""Passwords: kept as slow hashes, first ones made to be read out, weak ones refused with a sentence."""

import secrets
from functools import cache
from typing import Any

from flask_babel import gettext as _
from werkzeug.security import check_password_hash, generate_password_hash

SHORTEST = 8
LONGEST = 128  # a hash of a megabyte would only keep the server busy
METHOD = "scrypt"  # tests take a cheap one
# Ten characters without look-alikes: about 50 bits, easy to read out on the phone.
EASY_TO_READ_OUT = "23456789abcdefghjkmnpqrstuvwxyz"
# What people type when nobody stops them.
COMMON = frozenset((
    "12345678", "123456789", "1234567890", "87654321", "0123456789", "11223344", "12341234", "1qaz2wsx", "qwertyui",
    "qwertyuiop", "asdfghjk", "asdfghjkl", "password", "password1", "passw0rd", "iloveyou", "5201314a", "woaini1314",
    "woaini520", "abc12345", "abcd1234", "abc123456", "a1234567", "a12345678", "a123456789", "aa123456", "aaa123456",
    "q1234567", "qq123456", "qwe12345", "zxcvbnm1", "admin123", "admin888", "zongwu123", "zongwuma", "xuexiao123",
))  # fmt: skip


def hashed(password: str) -> str:
    return generate_password_hash(password, METHOD)


def matches(password_hash: str, password: str) -> bool:
    """Whether the password fits; without a hash, False after the same time."""
    fits = check_password_hash(password_hash or _nobody(METHOD), password)
    return fits and bool(password_hash)


@cache
def _nobody(method: str) -> str:
    return generate_password_hash("no account has this password", method)


def first_password() -> str:
    return "".join(secrets.choice(EASY_TO_READ_OUT) for _each in range(10))


def problem(password: str, person: Any) -> str | None:
    """The sentence that says why a person should not take this password; None when it will do."""
    if not SHORTEST <= len(password) <= LONGEST:
        return _("From %(low)s to %(high)s characters, please.", low=SHORTEST, high=LONGEST)
    plain = password.casefold()
    if plain in COMMON or len(set(plain)) < 3:
        return _("Everybody would try this one first. Please think of another.")
    own = filter(None, (person.name.casefold(), person.phone))
    if any(word == plain or (len(word) > 3 and word in plain) for word in own):
        return _("Please do not use your own name or phone number.")
    return None
