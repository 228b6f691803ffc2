"""Runs the app with a server that takes its time: every message of a review deck waits first.

python -m tests.e2e.slow_server FILE run app/main.py --server.port=8501    (FILE says how many seconds, each time anew)
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from streamlit.web import cli

from app.review.services.deck import Deck
from app.review.services.faces import Json
from app.review.services.message import Message

SECONDS = Path(sys.argv.pop(1))
_receive = Deck.receive


def receive_late(deck: Deck, sent: Message) -> Json:
    time.sleep(float(SECONDS.read_text()))
    return _receive(deck, sent)


Deck.receive = receive_late  # type: ignore[method-assign]
cli.main()
