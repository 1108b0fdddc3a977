"""Every setting once: environment name, type, default and why it exists.

Set `ZONGWU_<NAME>` in the environment; a value that makes no sense stops the start with a sentence.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PREFIX = "ZONGWU_"
HERE = Path(__file__).parent
# A wheel carries them inside the package, a clone beside it.
TEMPLATES = HERE / "templates" if (HERE / "templates").is_dir() else HERE.parent / "templates"
STATIC = HERE / "static" if (HERE / "static").is_dir() else HERE.parent / "static"
LANGUAGES = ("zh_Hans_CN", "en")


class BadSetting(ValueError):
    """A setting that can't be used; the message is a sentence for the person who set it."""


@dataclass(frozen=True)
class Setting:
    name: str
    read: Callable[[str], Any]
    default: str
    reason: str
    secret: bool = False


def _text(value: str) -> str:
    return value.strip()


def _folder(value: str) -> Path:
    return Path(value).expanduser().resolve()


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise BadSetting(f"must be a whole number, not {value!r}") from None
        if not low <= number <= high:
            raise BadSetting(f"must be between {low} and {high}, not {number}")
        return number

    return read


def _yes(value: str) -> bool:
    words = {"1": True, "yes": True, "on": True, "true": True, "0": False, "no": False, "off": False, "false": False}
    if value.strip().lower() not in words:
        raise BadSetting(f"must be yes or no, not {value!r}")
    return words[value.strip().lower()]


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise BadSetting(f"is not a known time zone: {value!r}") from None


def _language(value: str) -> str:
    if value not in LANGUAGES:
        raise BadSetting(f"must be one of {', '.join(LANGUAGES)}, not {value!r}")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise BadSetting(f"must be an address like https://zw.example.edu.cn, not {value!r}")
    return value.rstrip("/")


def _font(value: str) -> str:
    if value and not Path(value).is_file():
        raise BadSetting(f"is not a file: {value!r}")
    return value


SETTINGS = (
    Setting("DATA", _folder, "data", "folder of the database, the photos and the secret key"),
    Setting("DATABASE_URL", _text, "", "another database; empty means zongwu.db in the data folder", secret=True),
    Setting(
        "BASE_URL",
        _address,
        "http://127.0.0.1:8000",
        "the address printed on labels and put into links; never taken from a request",
    ),
    Setting("SCHOOL", _text, "", "name of the school, on every page and label"),
    Setting("TIMEZONE", _zone, "Asia/Shanghai", "the school's time zone; times are stored in UTC"),
    Setting("LANGUAGE", _language, "zh_Hans_CN", "language of a visitor who chose none"),
    Setting("SECRET_KEY", _text, "", "signs cookies; empty means: made once and kept in the data folder", secret=True),
    Setting("PROXIES", _whole(0, 5), "0", "how many reverse proxies stand in front; their X-Forwarded-* are believed"),
    Setting("WORKERS", _whole(0, 64), "0", "processes of `serve`; 0 means one per core"),
    Setting("THREADS", _whole(1, 64), "4", "threads per process, so that a slow phone holds up nobody"),
    Setting(
        "TICK",
        _whole(0, 3600),
        "60",
        "every so many seconds `serve` itself does what `zongwu tick` does; 0 leaves it to a timer",
    ),
    Setting("ANONYMOUS_REPORTS", _yes, "yes", "whether damage may be reported without signing in"),
    Setting("REPORTS_PER_PHONE", _whole(1, 1000), "10", "reports without sign-in that one phone may send in an hour"),
    Setting("REPORTS_PER_CODE", _whole(1, 1000), "20", "reports without sign-in that one label may get in an hour"),
    Setting(
        "REPORTS_PER_ADDRESS",
        _whole(1, 100_000),
        "29",
        "reports without sign-in that one network address may send in a minute; a whole school can share one address",
    ),
    Setting(
        "SIGN_IN_TRIES",
        _whole(3, 100),
        "8",
        "wrong passwords for one account in a quarter of an hour before it must wait",
    ),
    Setting(
        "SIGN_IN_TRIES_ADDRESS",
        _whole(10, 10_000),
        "100",
        "wrong passwords from one network address in a quarter of an hour; a whole school can share one address",
    ),
    Setting("SESSION_DAYS", _whole(1, 400), "160", "how long a sign-in lasts on a person's own phone: a term"),
    Setting("REPAIR_HOURS", _whole(1, 720), "24", "the promise: damage is repaired within so many hours"),
    Setting(
        "REPAIR_PAUSES",
        _yes,
        "yes",
        "whether the promise stands still on days without school, by the calendar; urgent repairs never pause",
    ),
    Setting(
        "VALUABLE_YUAN",
        _whole(1, 10_000_000),
        "5000",
        "one thing of this price or more is lent or issued only when the principal agrees too",
    ),
    Setting(
        "APPROVE_VICE_YUAN",
        _whole(0, 100_000_000),
        "20000",
        "what is bought or written off for this much, in yuan, needs the vice-principal; limits differ by place",
    ),
    Setting(
        "APPROVE_PRINCIPAL_YUAN",
        _whole(0, 100_000_000),
        "50000",
        "what is bought or written off for this much, in yuan, needs the principal too",
    ),
    Setting(
        "APPROVE_BUREAU_YUAN",
        _whole(0, 100_000_000),
        "200000",
        "what is written off for this much, in yuan, is carried out only with the education bureau's approval number",
    ),
    Setting("FONT", _font, "", "a fuller TrueType font for rare characters on labels"),
)


def load(environ: Mapping[str, str] | None = None, **given: Any) -> dict[str, Any]:
    """Read every setting into a plain dict for Flask.

    `given` wins over the environment (a command's `--data`, a test's settings). Raises BadSetting with a
    sentence that names the variable. Unknown ZONGWU_ variables are refused too: a typing error would
    otherwise be a setting silently not set.
    """
    environ = os.environ if environ is None else environ
    known = {PREFIX + s.name for s in SETTINGS}
    if unknown := sorted(name for name in environ if name.startswith(PREFIX) and name not in known):
        raise BadSetting(f"{unknown[0]} is not a setting of zongwu (zongwu doctor lists them)")
    config = {}
    for setting in SETTINGS:
        value = given.get(setting.name)
        raw = environ.get(PREFIX + setting.name, setting.default) if value is None else str(value)
        try:
            config[setting.name] = setting.read(raw)
        except BadSetting as wrong:
            raise BadSetting(f"{PREFIX}{setting.name} {wrong}") from None
    config["DATABASE_URL"] = config["DATABASE_URL"] or f"sqlite:///{config['DATA'] / 'zongwu.db'}"
    return config


def secret_key(config: Mapping[str, Any]) -> str:
    """The configured key, or the one kept in the data folder, made on first start for the owner's eyes only."""
    if config["SECRET_KEY"]:
        return config["SECRET_KEY"]
    path = config["DATA"] / "secret_key"
    config["DATA"].mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_key(path)
    with os.fdopen(descriptor, "w") as out:
        out.write(secrets.token_hex(32))
        out.flush()
        os.fsync(out.fileno())
    return path.read_text()


def _kept_key(path: Path) -> str:
    key = path.read_text().strip()
    if len(key) < 32:
        raise BadSetting(f"the secret key in {path} is damaged; remove the file and everybody signs in anew")
    return key
