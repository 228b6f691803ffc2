"""From data to alignment: train on DBP15K, look at the figures, write the alignment, ask about one pair.

    python assets/examples/dbp15k.py mmkg/DBP15K/zh_en            # two minutes on two cores
    python assets/examples/dbp15k.py demo --epochs 10             # the bundled data, half a minute

Figures are of test links, which no training and no choice has seen.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pmf


def main() -> None:
    """One whole experiment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help='a folder, or "demo"')
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--out", type=Path, default=Path("dbp15k"), help="new folder for the run and the alignment")
    options = parser.parse_args()

    # 1. Data: two graphs and the links between them.
    pair = pmf.read_data(options.data)
    print(f"{pair.name}: {pair.n_source:,} + {len(pair.target.entities):,} entities, {len(pair.links):,} links")

    # 2. Training: the preset "default", and what is to be different here.
    settings = {
        "modalities": ("structure", "relation", "attribute"),
        "seed_ratio": 0.3,  # of the links; the others are test links
        "train.epochs": options.epochs,
        "train.freeze_epochs": options.epochs,
        "train.project": False,  # no maps
    }
    run = pmf.train(pair, settings=settings, run=options.out / "run")

    # 3. Figures, in both directions, never without what they were measured on.
    figures = pmf.evaluate(run, decode="csls")
    for direction in ("source_to_target", "target_to_source"):
        hits, mrr = figures[direction]["hits@1"], figures[direction]["mrr"]
        print(f"{direction}: Hits@1 {hits:.3f}, MRR {mrr:.3f}")
    print(f"on {figures['split']} links, {figures['scope']} candidates, decoding {figures['decode']}")

    # 4. The alignment of everything that was no seed, surest first, and who has no counterpart.
    matching = pmf.match(run)
    matching.alignment.to_csv(options.out / "alignment.tsv", sep="\t", index=False)
    print(f"{len(matching.alignment):,} pairs, {len(matching.dangling):,} source entities without a counterpart")

    # 5. Why the surest pair is one: each modality's share of the score.
    best = matching.alignment.iloc[0]
    explanation = pmf.explain(run, best["source"], best["target"])
    shares = ", ".join(f"{part.modality} {part.share:.2f}" for part in explanation.evidence)
    print(f"{explanation.source.label} = {explanation.target.label}: {shares}")


if __name__ == "__main__":
    main()
