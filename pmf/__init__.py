"""PMF: multi-modal entity alignment by Progressively Modality Freezing (arXiv 2407.16168)."""

from __future__ import annotations

__version__ = "0.1.0"
