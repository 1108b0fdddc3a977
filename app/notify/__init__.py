"""Who is told what happened: in the app, and in the groups and mail boxes that the school entered.

For other nouns:

- `says({"repairs.assigned": _l("repair %(number)s is yours: %(place)s")})` gives the sentence of each kind, as in the
  journal. The blanks are filled by the facts: text, numbers, days, moments, or `["key"]` for a word that
  `journal.calls` knows in both languages.
- `tell(kind, thing, to, path, once=…, urgent=…, **facts)` inside `writing()` stores the notices of the people in `to`,
  and what the channels of the school shall send, in the same transaction as the event itself.
- The last part of a kind (`late` of `repairs.late`) names the event in the table of the settings page, see events.py.
- `digest_adds(fn)`: `fn(now) -> list[str]` gives lines for the daily digest, in the language of the moment.
"""

from app.notify.events import also, says
from app.notify.models import Notice, Telling
from app.notify.outbox import digest_adds
from app.notify.telling import tell

__all__ = ["Notice", "Telling", "also", "digest_adds", "says", "tell"]
