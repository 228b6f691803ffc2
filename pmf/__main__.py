"""`python -m pmf`."""

from __future__ import annotations

import sys

from pmf.cli import main

sys.exit(main())
