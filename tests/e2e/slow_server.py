"""Runs the app with a server that takes its time: every message of a review deck waits first.

python tests/e2e/slow_server.py SECONDS run app/main.py --server.port=8501
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from streamlit.web import cli

from app.review.services.deck import Deck
from app.review.services.faces import Json
from app.review.services.message import Message

SECONDS = float(sys.argv.pop(1))
_receive = Deck.receive


def receive_late(deck: Deck, sent: Message) -> Json:
    time.sleep(SECONDS)
    return _receive(deck, sent)


Deck.receive = receive_late  # type: ignore[method-assign]
cli.main()
