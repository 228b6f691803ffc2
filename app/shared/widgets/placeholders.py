"""What stands where there is no picture to show: three drawings that read alike on light and dark."""

from __future__ import annotations

_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 256 256" fill="none" '
    'stroke="#8A96A3" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">{}'
    '<text x="128" y="212" text-anchor="middle" font-family="sans-serif" font-size="22" fill="#8A96A3" '
    'stroke="none">{}</text></svg>'
)

MISSING = _FRAME.format(
    '<rect x="10" y="10" width="236" height="236" rx="18" stroke-dasharray="3 11"/>'
    '<rect x="78" y="72" width="100" height="76" rx="8"/><circle cx="104" cy="96" r="9"/>'
    '<path d="M82 142l32-30 20 18 18-16 24 24"/>',
    "no picture",
)
FROZEN = _FRAME.format(
    '<rect x="10" y="10" width="236" height="236" rx="18" stroke="#56B4E9"/>'
    '<g stroke="#56B4E9" stroke-width="2" opacity=".5"><path d="M12 76L76 12M12 140L140 12M12 204L204 12M30 246L246 30'
    'M94 246L246 94M158 246L246 158"/></g>'
    '<g stroke="#56B4E9" stroke-width="6"><path d="M128 62v92M88 85l80 46M168 85l-80 46"/></g>',
    "picture frozen",
)
UNREADABLE = _FRAME.format(
    '<rect x="10" y="10" width="236" height="236" rx="18"/>'
    '<path d="M78 80a8 8 0 0 1 8-8h42l-12 26 20 18-16 32H86a8 8 0 0 1-8-8zM142 148l14-30-20-18 12-28h22a8 8 0 0 1 8 8'
    'v60a8 8 0 0 1-8 8z"/>',
    "picture unreadable",
)
UNAVAILABLE = _FRAME.format(
    '<rect x="10" y="10" width="236" height="236" rx="18" stroke-dasharray="14 10"/>'
    '<path d="M74 84h40l12 14h56v56H74z"/><path d="M112 112l32 30M144 112l-32 30"/>',
    "data folder gone",
)
