"""For a WSGI server of your own: `gunicorn wsgi:app`. Run `zongwu upgrade` first; `zongwu serve` does both."""

from app import create_app

app = create_app()
