"""Decoding: what candidates are ranked by, and who is matched with whom. One rule a file."""

from __future__ import annotations

from pmf.alignment.matching.alone import cosine, csls
from pmf.alignment.matching.decoder import Decoder
from pmf.alignment.matching.greedy import greedy
from pmf.alignment.matching.hungarian import hungarian
from pmf.alignment.matching.mutual import mutual_nearest
from pmf.alignment.matching.sinkhorn import sinkhorn

DECODERS = {
    "cosine": Decoder(cosine),
    "csls": Decoder(csls),
    "mutual": Decoder(csls, mutual_nearest),
    "greedy": Decoder(csls, greedy),
    "sinkhorn": Decoder(sinkhorn),
    "hungarian": Decoder(csls, hungarian),
}
"""By the name of `evaluation.decode`."""

__all__ = ["DECODERS", "Decoder", "mutual_nearest"]
