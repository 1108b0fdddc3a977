"""Over the network, with a limit on everything: one POST to a robot, one mail. Raises Failed, never hangs."""

import email.utils
import queue
import smtplib
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from app import clock
from app.notify import robots

TIMEOUT = 8.0  # seconds for each wait on the network
AT_MOST = 15.0  # seconds for all of it: a name that does not resolve, an answer that drips
ANSWER_BYTES = 64 * 1024


class Failed(Exception):
    """It was not sent, or nobody knows. why: a key of channels.FAILURES. whole: nothing else would get through
    either, so that the channel waits. after: the server said how many seconds to wait."""

    def __init__(self, why: str, detail: str = "", *, whole: bool = True, after: float | None = None):
        super().__init__(f"{why} {detail}")
        self.why, self.detail, self.whole, self.after = why, detail, whole, after


def in_time(work: Callable[[], Any], seconds: float) -> Any:
    """What `work` gives, or Failed when it takes longer: timeouts of sockets know neither slow names nor drips."""
    answers: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # it is raised where it is waited for
            answers.put((None, error))

    threading.Thread(target=run, name="zongwu-send", daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise Failed("timeout") from None
    if error is not None:
        raise error
    return result


class _NoDetours(urllib.request.HTTPRedirectHandler):
    """A robot does not redirect; whoever does is not the one that the director entered."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    """http and https and nothing else: no file:, no ftp:, no data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _NoDetours(),
    ):
        opener.add_handler(handler)
    return opener


def post(address: str, data: bytes) -> None:
    """Post JSON to a robot and read its answer. Failed unless the robot says that it passed the message on."""
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        raise Failed("address")
    try:
        answer = in_time(lambda: _post(address, data), AT_MOST)
    except HTTPError as error:
        _refused_by_status(error)
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise _unreachable(error) from None
    try:
        code, words = robots.read_answer(answer)
    except (ValueError, RecursionError):
        raise Failed("garbage") from None
    if code in robots.TOO_FAST:
        raise Failed("busy", f"{code} {words}", after=600)
    if code:
        raise Failed("robot", f"{code} {words}", whole=False)


def _post(address: str, data: bytes) -> bytes:
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "zongwu"}
    request = urllib.request.Request(address, data, headers, method="POST")
    with _opener().open(request, timeout=TIMEOUT) as answer:
        return answer.read(ANSWER_BYTES)


def _refused_by_status(error: HTTPError) -> None:
    after = wait_asked(error.headers.get("Retry-After"))
    error.close()
    why = "busy" if error.code == 429 else "status"
    raise Failed(why, str(error.code), after=after) from None


def wait_asked(header: str | None) -> float | None:
    """The seconds of a Retry-After header, a number or a date; at most an hour, None when it is nonsense."""
    if not header:
        return None
    try:
        seconds = float(header) if header.strip().isdigit() else _until(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 1.0), 3600.0)


def _until(header: str) -> float:
    moment = parsedate_to_datetime(header)
    return (moment.astimezone(UTC).replace(tzinfo=None) - clock.now_really()).total_seconds()


def _unreachable(error: BaseException) -> Failed:
    reason = getattr(error, "reason", None)
    cause = reason if isinstance(reason, BaseException) else error
    if isinstance(cause, TimeoutError):
        return Failed("timeout")
    if isinstance(cause, ssl.SSLError):
        return Failed("tls", getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "TLS")
    if isinstance(cause, HTTPException):
        return Failed("garbage")
    return Failed("unreachable", (getattr(cause, "strerror", None) or type(cause).__name__)[:100])


# Mail -------------------------------------------------------------------------------------------------------


def mail(
    host: str, port: int, security: str, user: str, password: str, letter: EmailMessage, recipients: list[str]
) -> list[str]:
    """Hand a letter to the school's mail server. Returns recipients that it refused though it took the letter."""
    try:
        return in_time(lambda: _mail(host, port, security, user, password, letter, recipients), AT_MOST * 2)
    except smtplib.SMTPAuthenticationError as error:
        raise Failed("login", str(error.smtp_code)) from None
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()), (0, b""))
        raise Failed("mail", f"{code} {_plain(words)}", whole=False) from None
    except smtplib.SMTPResponseException as error:  # 4xx: the server has had enough of everything for now
        whole = error.smtp_code < 500 or isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError)
        raise Failed("mail", f"{error.smtp_code} {_plain(error.smtp_error)}", whole=whole) from None
    except smtplib.SMTPServerDisconnected as error:  # smtplib says so of a silent server, too
        raise (Failed("timeout") if "timed out" in str(error) else Failed("unreachable", "SMTP")) from None
    except smtplib.SMTPException as error:
        raise Failed("mail", type(error).__name__) from None
    except (OSError, ValueError) as error:
        raise _unreachable(error) from None


def _mail(
    host: str, port: int, security: str, user: str, password: str, letter: EmailMessage, recipients: list[str]
) -> list[str]:
    context = ssl.create_default_context()
    if security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    with server:
        if security == "starttls":
            server.starttls(context=context)
        if user:
            server.login(user, password)
        return sorted(server.send_message(letter, to_addrs=recipients))


def _plain(words: bytes | str) -> str:
    return words.decode("utf-8", "replace")[:150] if isinstance(words, bytes) else str(words)[:150]


def letter(title: str, text: str, sender: str, recipients: list[str], name: str, mark: str) -> EmailMessage:
    """A plain letter. `mark` makes its Message-ID, so that a letter that came twice is shown once."""
    made = EmailMessage()
    made["Subject"] = " ".join(title.split())[:150]
    made["From"] = email.utils.formataddr((" ".join(name.split())[:60], sender))
    made["To"] = ", ".join(recipients)
    made["Date"] = email.utils.formatdate(time.time())
    made["Message-ID"] = f"<zongwu-{mark}@{sender.rpartition('@')[2] or 'localhost'}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made
