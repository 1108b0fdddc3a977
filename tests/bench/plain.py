"""The bare programs that the benchmarks compare with: the least that Flask and sqlite3 can do."""

import json
import os
import secrets
import sqlite3
import threading
from pathlib import Path

from flask import Flask, request


def hello() -> Flask:
    app = Flask("hello")

    @app.get("/hello")
    def say() -> str:
        return "hello"

    return app


def raw() -> Flask:
    """The statements of one recorded report, replayed with fresh keys in one durable commit."""
    app = Flask("raw")
    kept = threading.local()
    recorded = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
    marks = {json.dumps(value): name for value, name in recorded["marks"]}

    def connection() -> sqlite3.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(os.environ["BENCH_DB"], isolation_level=None, timeout=10)
            for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=1", "busy_timeout=10000"):
                kept.connection.execute(f"pragma {pragma}")
        return kept.connection

    @app.post("/repairs/report/<code>")
    def report(code: str) -> tuple[str, int]:
        request.form.get("words")
        fresh = {"KEY": secrets.token_urlsafe(16), "SECRET": secrets.token_urlsafe(18)}
        db = connection()
        db.execute("begin immediate")
        for sql, params in recorded["statements"]:
            is_ticket = sql.startswith('INSERT INTO "ticket" ')
            if is_ticket:
                fresh["NUMBER"] = secrets.randbits(40)  # its running number of the day; then its id
            row = db.execute(sql, [fresh[marks[key]] if (key := json.dumps(p)) in marks else p for p in params])
            if is_ticket:
                fresh["NUMBER"] = row.lastrowid
        db.execute("commit")
        return "", 303

    return app
