"""What people type about themselves and about staff."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.config import LANGUAGES
from app.fields import PersonField, Words, clean
from app.people import passwords
from app.people.models import Office, Person, tidy_phone
from app.people.permissions import ROLES

NEEDED = InputRequired(_l("Please fill this in."))
LANGUAGE_WORDS = {"zh_Hans_CN": "中文", "en": "English"}


def at_most(longest: int) -> Length:
    return Length(max=longest, message=_l("At most %(max)d characters, please."))


def offered(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, words) for value, words in pairs]


def offices() -> Iterable[tuple[int, str]]:
    return [(office.id, office.name) for office in Office.select().order_by(Office.id)]


def whole(text: Any) -> int:
    """An id from a form; what is not a number is nobody's id."""
    return int(text) if str(text).isascii() and str(text).isdigit() and len(str(text)) < 12 else -1


def known_of(person: Person) -> dict[str, Any]:
    given = {"roles": sorted(person.given_roles), "office": person.office_id or 0}
    return {"name": person.name, "phone": person.phone, "post": person.post, **given}


class SignInForm(Form):
    name = StringField(_l("Name or phone number"), [NEEDED, at_most(60)], filters=[clean])
    password = PasswordField(_l("Password"), [NEEDED, at_most(passwords.LONGEST)])
    stay = BooleanField(_l("Stay signed in on this phone"), default=True)


class PasswordForm(Form):
    """A new password, twice; the old one too, unless it is the first sign-in (then `old` is taken away)."""

    old = PasswordField(_l("Present password"), [NEEDED])
    new = PasswordField(_l("New password"), [NEEDED])
    again = PasswordField(_l("New password once more"), [NEEDED])

    def __init__(self, formdata: Any = None, *, person: Person):
        super().__init__(formdata)
        self.person = person
        if person.must_change:
            del self.old

    def validate_new(self, field: Field) -> None:
        if problem := passwords.problem(field.data, self.person):
            raise ValidationError(problem)

    def validate_again(self, field: Field) -> None:
        if field.data != self.new.data:
            raise ValidationError(_("The two are not the same. Please type it again."))


class LanguageForm(Form):
    language = RadioField(
        _l("Language"), choices=[SelectChoice(code, LANGUAGE_WORDS[code]) for code in LANGUAGES], validate_choice=False
    )

    def validate_language(self, field: Field) -> None:
        if field.data not in LANGUAGES:
            raise ValidationError(_("Please choose a language from the list."))


class PersonForm(Form):
    """An account: who, how to reach and sign in, which office, which roles."""

    name = Words(_l("Name"), longest=40)
    phone = Words(_l("Phone number"), longest=20, needed=False)
    post = Words(_l("Post"), longest=60, needed=False)
    office = SelectField(_l("Office"), coerce=whole, validate_choice=False, default=0)
    new_office = Words(_l("Or a new office"), longest=60, needed=False)
    roles = SelectMultipleField(_l("Roles"), choices=offered(ROLES.items()), validate_choice=False)

    def __init__(self, formdata: Any = None, person: Person | None = None):
        super().__init__(formdata, data=person and known_of(person))
        self.person = person
        self.office.choices = offered([(0, _("no office")), *offices()])

    def validate_name(self, field: Field) -> None:
        if tidy_phone(field.data).isdigit():
            raise ValidationError(_("A name, please, not a number."))

    def validate_phone(self, field: Field) -> None:
        number = tidy_phone(field.data)
        if not (number.isascii() and number.isdigit() and 5 <= len(number) <= 15):
            raise ValidationError(_("Please give a phone number, digits only."))
        others = Person.select().where(Person.id != (self.person.id if self.person else 0))
        if others.where(Person.phone == number).exists():
            raise ValidationError(_("Another account has this phone number."))

    def validate_office(self, field: Field) -> None:
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(_("There is no such office. Please choose again."))

    def validate_roles(self, field: Field) -> None:
        if not set(field.data or ()) <= set(ROLES):
            raise ValidationError(_("There is no such role. Please choose again."))

    @property
    def fields(self) -> dict[str, Any]:
        """What Person.add and Person.change take, apart from the office."""
        phone, roles = tidy_phone(self.phone.data) or None, tuple(sorted(self.roles.data or ()))
        return {"name": self.name.data, "phone": phone, "post": self.post.data, "roles": roles}


class ReasonForm(Form):
    reason = Words(_l("Reason"), longest=200)


class OfficeForm(Form):
    name = Words(_l("Name of the office"), longest=60)
    head = PersonField(_l("Head"), needed=False)


class StaffFilter(Form):
    """The staff list's filter, in the address so that it can be kept and sent on."""

    words = StringField(_l("Name, pinyin initials or phone"), [at_most(60)], filters=[clean])
    role = SelectField(_l("Role"), validate_choice=False, default="")
    office = SelectField(_l("Office"), coerce=str, validate_choice=False, default="")
    off = BooleanField(_l("switched off"))

    def __init__(self, args: Any):
        super().__init__(args)
        self.role.choices = offered([("", _("all roles")), *ROLES.items()])
        self.office.choices = offered([("", _("all offices")), *((str(id), name) for id, name in offices())])

    @property
    def any(self) -> bool:
        return bool(self.words.data or self.role.data or self.office.data or self.off.data)
