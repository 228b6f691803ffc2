"""Tables for a paper: mean and spread in one cell, and text that neither Markdown nor LaTeX reads as its own."""

from __future__ import annotations

import pandas as pd

from app.shared.services.paper_table import as_latex, as_markdown

ROWS = pd.DataFrame(
    {
        "Variant": ["a_b & 50 %", "x|y"],
        "Hits@1 %": [72.84, 90.06],
        "± Hits@1": [1.25, float("nan")],
        "p": [0.00012, None],
    }
)
FORMS = {"Hits@1 %": ".1f", "p": ".2g"}


def test_latex_has_the_rules_of_booktabs_and_mean_with_spread() -> None:
    assert as_latex(ROWS, FORMS).decode().splitlines() == [
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"Variant & Hits@1 \% & p \\",
        r"\midrule",
        r"a\_b \& 50 \% & 72.8 $\pm$ 1.2 & 0.00012 \\",
        r"x|y & 90.1 & -- \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_markdown_keeps_bars_of_the_data_out_of_its_columns() -> None:
    assert as_markdown(ROWS, FORMS).decode().splitlines() == [
        "| Variant | Hits@1 % | p |",
        "| --- | ---: | ---: |",
        "| a\\_b &amp; 50 % | 72.8 ± 1.2 | 0.00012 |",
        "| x\\|y | 90.1 | – |",
    ]
