"""The `zongwu` command. Every error is one sentence and a non-zero exit."""

import fcntl
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import IO, Any

import click
import peewee
from flask import Flask

from app import __version__, backups, config, create_app, db, tick
from app.errors import Refused

data_option = click.option(
    "--data", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Data folder (ZONGWU_DATA)."
)


class OneSentence(click.Group):
    """Turns what can go wrong into a sentence; a traceback helps nobody in a school."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (config.BadSetting, backups.BadBackup) as wrong:
            raise click.ClickException(str(wrong)) from None
        except Refused as refused:
            raise click.ClickException(refused.sentence) from None
        except peewee.DatabaseError as error:
            raise click.ClickException(f"The database answered: {error}") from None
        except OSError as error:
            raise click.ClickException(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")) from None


@click.group(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zongwu")
def main() -> None:
    """总务码: labels, scans and records of a school's General Affairs Office."""


def with_app(command: Callable) -> Callable:
    """Give a command the application on an upgraded database, as its first argument."""

    @data_option
    @wraps(command)
    def run(data: Path | None, **options: Any) -> Any:
        app = create_app(DATA=data)
        with app.app_context():
            upgrade_now()
            return command(app, **options)

    return run


def upgrade_now() -> list[str]:
    """Migrations that are missing, then the built-in data (categories, checklists) that is missing."""
    from app.seeds import builtin

    db.database.connect(reuse_if_open=True)
    done = db.upgrade()
    with db.writing():
        builtin.install()
    return done


# Serving ----------------------------------------------------------------------------------------------------


@main.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for the LAN.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(data: Path | None, host: str, port: int) -> None:
    """Upgrade the database, then serve until stopped."""
    app = create_app(DATA=data)
    with only_server(app.config["DATA"]):
        with app.app_context():
            upgrade_now()
            first_director()
        run_server(app, host, port)


def first_director() -> None:
    from app.people.models import ensure_director

    if made := ensure_director():
        person, password = made
        click.echo(f"First sign-in, shown only now: name {person.name}, password {password}")


@contextmanager
def only_server(folder: Path) -> Any:
    """Hold the folder's lock while serving; a second server on it says so."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(f"Another zongwu already serves {folder}.") from None
        yield


def run_server(app: Flask, host: str, port: int) -> None:
    """gunicorn with threads, so that one slow phone holds up nobody; stops cleanly on TERM."""
    from gunicorn.app.base import BaseApplication

    db.database.close()  # a connection must not cross a fork
    loop = tick.Loop(app, app.config["TICK"])
    workers = app.config["WORKERS"] or os.cpu_count() or 1
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": app.config["THREADS"],
        "reuse_port": sys.platform == "linux",  # else new connections pile up on one worker
        "control_socket_disable": True,
        "graceful_timeout": 30,
        "timeout": 120,
        "proc_name": "zongwu",
        "loglevel": "warning",
    }
    if app.config["TICK"]:  # a thread begins after the fork, and is let end before the worker does
        options |= {"post_worker_init": lambda worker: loop.start(), "worker_exit": lambda server, worker: loop.stop()}

    class Server(BaseApplication):
        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    where = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"
    click.echo(f"总务码 {__version__} serves {app.config['DATA']} at {where} ({workers} × {app.config['THREADS']})")
    if host == "127.0.0.1":
        click.echo("Only this computer can reach it; --host 0.0.0.0 opens it to the school's network.")
    Server().run()


@main.command()
@click.option("--data", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), default="demo-school",
              show_default=True, help="Folder of the demo school.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Only make the school.")
def demo(data: Path, host: str, port: int, no_serve: bool) -> None:
    """Make a believable demo school (once) and serve it."""
    from app.seeds import demo_school

    os.environ.setdefault("ZONGWU_SCHOOL", demo_school.SCHOOL)
    os.environ.setdefault("ZONGWU_BASE_URL", f"http://{'localhost' if host == '127.0.0.1' else host}:{port}")
    firsts = [] if (data / "zongwu.db").exists() else demo_school.first_passwords()
    app = create_app(DATA=data)
    with only_server(app.config["DATA"]):
        with app.test_request_context(), db.database.connection_context():
            upgrade_now()
            click.echo(demo_school.make_once(app.config["DATA"], firsts))
        if not no_serve:
            run_server(app, host, port)


@main.command()
@with_app
def upgrade(app: Flask) -> None:
    """Bring the database to this version."""
    click.echo(f"Database schema: {db.schema_version()}")


@main.command("tick")
@with_app
def tick_command(app: Flask) -> None:
    """Do once what is due: reminders, digests, messages to send. `serve` does it each minute by itself."""
    failed = tick.run_alone(app)
    if failed is None:
        click.echo("Another tick is at work.")
    elif failed:
        raise click.ClickException(f"These works failed (the log says more): {', '.join(failed)}")


# People -----------------------------------------------------------------------------------------------------


@main.group()
def person() -> None:
    """Accounts of staff."""


@person.command("add")
@click.argument("name")
@click.option("--phone")
@click.option("--role", "roles", multiple=True, help="May be given several times; see `zongwu person roles`.")
@with_app
def person_add(app: Flask, name: str, phone: str | None, roles: tuple[str, ...]) -> None:
    """Open an account and print its first password."""
    from app.people.models import Person

    made, password = Person.add(name, roles=roles, phone=phone)
    click.echo(f"{made.name}\t{password}")


@person.command("password")
@click.argument("name_or_phone")
@with_app
def person_password(app: Flask, name_or_phone: str) -> None:
    """Give a new first password; the old one and all sign-ins end."""
    from app.people.models import Person

    found = list(Person.select().where((Person.name == name_or_phone) | (Person.phone == name_or_phone)))
    if len(found) != 1:
        raise click.ClickException("Nobody has this name or phone." if not found else "Several people; use the phone.")
    click.echo(f"{found[0].name}\t{found[0].reset_password(None)}")


@person.command("list")
@with_app
def person_list(app: Flask) -> None:
    """Name, phone, roles, and whether the account is switched off."""
    from app.people.models import Person

    for one in Person.select().order_by(Person.id).iterator():
        off = "off" if one.closed_at else ""
        click.echo("\t".join((one.name, one.phone or "", ",".join(sorted(one.given_roles)), off)))


@person.command("roles")
def person_roles() -> None:
    """The roles an account can have."""
    from app.people.permissions import ROLES

    for key in ROLES:
        click.echo(key)


# Labels -----------------------------------------------------------------------------------------------------


@main.command()
@click.option("--list", "show", is_flag=True, help="Print the known sheets with their sizes.")
@click.option("--rooms", "what", flag_value="rooms", help="Labels of all rooms.")
@click.option("--assets", "what", flag_value="assets", help="Labels of all assets.")
@click.option("--codes", "file", type=click.File(encoding="utf-8-sig"), help="Codes in a file, one a line or a CSV.")
@click.option("--sheet", default="a4-24", show_default=True, help="Name of the sheet; see --list.")
@click.option("--used", default="", help="Cells of the first sheet that are gone, like 1,2,5; counted row by row.")
@click.option("-o", "out", type=click.Path(dir_okay=False, path_type=Path), help="The PDF to write.")
@with_app
def labels(
    app: Flask, show: bool, what: str | None, file: IO[str] | None, sheet: str, used: str, out: Path | None
) -> None:
    """Label sheets as PDF, without a browser."""
    from app.printing import commands as printing

    if show:
        click.echo(printing.sheet_list())
        return
    if (what is None) == (file is None) or out is None:
        raise click.UsageError("Say --rooms, --assets or --codes FILE, and -o FILE.pdf.")
    rows = printing.labels_for(what, file)
    with click.progressbar(length=len(rows), label="Labels", file=sys.stderr) as bar:
        pages = printing.print_labels(rows, sheet, printing.cells(used), out, bar.update)
    click.echo(f"{len(rows)} labels on {pages} pages: {out}")


@main.command()
@click.option("--kind", type=click.Choice(["room", "asset"]), help="Only codes of rooms or of assets.")
@with_app
def codes(app: Flask, kind: str | None) -> None:
    """All codes as CSV: code,kind,number,name,place,url."""
    from app.printing import commands as printing

    printing.write_codes(sys.stdout, kind)


# Keeping safe -----------------------------------------------------------------------------------------------


@main.command()
@click.option("-o", "out", type=click.Path(path_type=Path), help="The .zip to write; by default in DATA/backups.")
@with_app
def backup(app: Flask, out: Path | None) -> None:
    """A checked copy of the database and the photos, while the school goes on working."""
    made = backups.backup(app.config["DATA"], out)
    click.echo(f"{made.path}\t{made.tables} tables, {made.rows} rows, {made.photos} photos, checked")


@main.command()
@data_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(data: Path | None, file: Path) -> None:
    """Put a backup in place. Stop `zongwu serve` first; the present data is kept aside, not lost."""
    settings = config.load(DATA=data)
    with only_server(settings["DATA"]):
        aside = backups.restore(file, settings["DATA"])
    click.echo(f"Restored {file} into {settings['DATA']}." + (f" The data before is in {aside}." if aside else ""))


@main.command()
@click.option(
    "--recount",
    "again",
    is_flag=True,
    help="First work out every ticket's hours again: after the promise of the repair desk was changed.",
)
@with_app
def reconcile(app: Flask, again: bool) -> None:
    """Prove that shelves, places and keepers are what the ledger says, and tickets stand where their steps say."""
    from app.assets import keeping, ledger
    from app.repairs.models import check_states, recount

    if again:
        click.echo(f"{recount()} tickets worked out again.")
    wrong = 0
    for asset_id, place_id, by_ledger, on_shelf in ledger.differences():
        wrong += 1
        click.echo(f"asset {asset_id} in place {place_id}: ledger {by_ledger}, shelf {on_shelf}")
    for asset in ledger.misplaced():
        wrong += 1
        click.echo(f"asset {asset.id} ({asset.number}): its card names place {asset.place_id}, the shelf another")
    for asset in keeping.differences():
        wrong += 1
        click.echo(f"asset {asset.id} ({asset.number}): its card names another keeper or office than the ledger")
    for difference in check_states():
        wrong += 1
        click.echo(str(difference))
    click.echo("Everything agrees." if not wrong else f"{wrong} differences.")
    if wrong:
        raise SystemExit(1)


@main.command()
@with_app
def doctor(app: Flask) -> None:
    """Settings, versions, and what needs care."""
    from app.notify import outbox

    for setting in config.SETTINGS:
        value = app.config[setting.name]
        shown = "(secret)" if setting.secret and value else value
        click.echo(f"{config.PREFIX}{setting.name}={shown}\n    {setting.reason}")
    click.echo(f"\n总务码 {__version__}, schema {db.schema_version()}, {db.engine_version()}")
    worries = [*backups.worries(app.config["DATA"]), *settings_worries(app), *tick.worries(), *outbox.worries()]
    for worry in worries:
        click.echo(f"! {worry}")
    click.echo("Nothing needs care." if not worries else f"{len(worries)} things need care.")


def settings_worries(app: Flask) -> list[str]:
    """Sentences about settings that work but will hurt."""
    found = []
    if warning := db.engine_warning():
        found.append(warning)
    if "127.0.0.1" in app.config["BASE_URL"] or "localhost" in app.config["BASE_URL"]:
        found.append("ZONGWU_BASE_URL is this computer only: labels printed now can't be opened by a phone.")
    if app.config["BASE_URL"].startswith("http://"):
        found.append("ZONGWU_BASE_URL is not https: no camera in the page, and passwords cross the LAN in clear.")
    if not app.config["SCHOOL"]:
        found.append("ZONGWU_SCHOOL is empty: labels carry no school name.")
    return found


if __name__ == "__main__":
    main(prog_name="zongwu")
