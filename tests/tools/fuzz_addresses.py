"""Every query parameter of every page, set to what no link of ours says: the page may say so, and never breaks.

python -m tests.tools.fuzz_addresses --cases 500 --seed 0
"""

from __future__ import annotations

import argparse
import ast
import random
import sys
import traceback

from tests.app.pages import open_page
from tests.conftest import ROOT

PAGES = ("overview", "data", "train", "freezing", "embeddings", "matches", "review", "failures", "compare", "learn")
PAGES += ("account",)
VALUES = ("9" * 5000, "x" * 5000, "-1", "0", "1e9", "١٢", "/", "../..", "a\0b", "<b>*x*</b>", "", " ", ",", "0,0,,1")
VALUES += (
    "nobody@x.example",
    "🙂",
    "%s{}",
    "\u202eabc",
    "None",
    "nan",
    "999999",
    "type:x",
    "not:a&&b",
    "image",
    "atlas",
)
CALLS = {"get", "integer", "text", "choose", "several"}


def parameters() -> list[str]:
    """The names that the app reads from its address, found in its code."""
    found = {"run", "runs", "pair", "tab", "user", "step", "training", "by", "sort", "as", "find", "state", "of"}
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
                continue
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "url":
                texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                found |= {text for text in texts if text.isidentifier() and text.islower()}
    return sorted(found)


def fuzz(cases: int, seed: int) -> list[str]:
    """Open pages with addresses made up at random; what broke, each with its address and traceback."""
    names, failures = parameters(), []
    for case in range(cases):
        rng = random.Random(f"{seed}:{case}")
        page = PAGES[case % len(PAGES)]
        chosen = rng.sample(names, rng.choice([1, 2, 5, len(names)]))
        said = {name: rng.choice(VALUES) for name in chosen}
        if rng.random() < 0.6:
            said["run"] = "atlas"  # else most pages end at their head
        try:
            open_page(page, **said)
        except Exception:
            short = {name: value[:20] for name, value in said.items()}
            failures.append(f"{case} {page} {short}\n{traceback.format_exc(limit=-3)}")
    return failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    broken = fuzz(options.cases, options.seed)
    sys.stdout.write("\n".join(broken) + f"\n{len(broken)} of {options.cases} broke\n")
    sys.exit(bool(broken))
