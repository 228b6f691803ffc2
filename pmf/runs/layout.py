"""Names and shapes inside a run folder; writer and reader take them from here and nowhere else.

config.json              resolved config, data set, code, torch, device, seed, scope, selection
entities.parquet         one row an entity: uri, label, side, type, degree; context = never aligned, if any is not; of
                         an updated run also new and changed: since the run that it comes from
links.parquet            one row a link: source, target, split (seed / validation / test)
events.jsonl             append-only, one JSON object a line; `kind` says what it is
about.json               name, notes and tags that a person gave the run
lock                     held by the process that writes the run; who that is
heartbeat                process id; touched at least every 5 s while training lives
reserve                  room for the last word on a full disk; there while training lives
process.log              what the training process printed, where it was started in the background
relevance.f16            float16 [epochs, modalities, entities]; NaN = not scored that epoch
frozen_at.i16            int16 [modalities, entities]: epoch, -1 never, -2 missing from the start
checkpoint/              last.safetensors, best.safetensors: tensors, with JSON in their header
embeddings/NAME.npy      float16 [entities, width], unit rows per modality; "fused"; zero = missing; adopted: float32
embeddings/weight.npy    float32 [modalities, entities]: fused block m = weight_m · embedding_m
embeddings/snapshots.npz sample [s], epochs [e], fused float16 [e, s, width]
course.parquet           one row a kept epoch, test link and direction, see `COURSE_COLUMNS`
predictions.parquet      one row a query and direction, see `PREDICTION_COLUMNS`
held_back.parquet        one row a best candidate of a validation link, see `HELD_BACK_COLUMNS`
counterfactuals.parquet  one row a test link and direction, see `COUNTERFACTUAL_COLUMNS`
failures.parquet         one row a test query and direction, see `FAILURE_COLUMNS`
accepted.parquet         of an updated run, one row an accepted pair, see `ACCEPTED_COLUMNS`
projection/NAME.npy      float32 [entities, 2], NaN = not shown; aligned.npy float32 [e, s, 2]
projection/maps.json     of each of them what it was drawn from, and how far it can be trusted
work/TASK.json           how far a task on the run is that somebody started, see `pmf.runs.tasks`
"""

from __future__ import annotations

FORMAT = 1

CONFIG = "config.json"
ENTITIES = "entities.parquet"
LINKS = "links.parquet"
EVENTS = "events.jsonl"
ABOUT = "about.json"
LOCK = "lock"
HEARTBEAT = "heartbeat"
RESERVE = "reserve"
PROCESS_LOG = "process.log"
RELEVANCE = "relevance.f16"
FROZEN_AT = "frozen_at.i16"
CHECKPOINTS = "checkpoint"
EMBEDDINGS = "embeddings"
SNAPSHOTS = "embeddings/snapshots.npz"
COURSE = "course.parquet"
PREDICTIONS = "predictions.parquet"
HELD_BACK = "held_back.parquet"
COUNTERFACTUALS = "counterfactuals.parquet"
FAILURES = "failures.parquet"
ACCEPTED = "accepted.parquet"
PROJECTIONS = "projection"
MAPS = "projection/maps.json"
WORK = "work"

TRASH = ".trash"  # beside the runs, not in one

HEARTBEAT_SECONDS = 5
STALE_SECONDS = 30

NEVER_FROZEN = -1
MISSING = -2

SOURCE_TO_TARGET = "source_to_target"
TARGET_TO_SOURCE = "target_to_source"
DIRECTIONS = (SOURCE_TO_TARGET, TARGET_TO_SOURCE)

PREDICTION_COLUMNS = {
    "direction": "source_to_target or target_to_source",
    "query": "entity id",
    "split": "split of the query's link: validation, test, or unlinked",
    "truth": "entity id of its counterpart, -1 where unknown",
    "rank": "1-based realistic rank of the truth, NaN where unknown",
    "truth_similarity": "fused similarity to the truth, NaN where unknown",
    "candidates": "entity ids, best first [k]",
    "score": "what they were ranked by, after decoding [k]",
    "similarity": "fused similarity, the sum of the shares [k]",
    "share_MODALITY": "what that modality gave to the similarity [k]",
}

HELD_BACK_COLUMNS = {
    "similarity": "fused similarity of query and candidate",
    "csls": "the same by CSLS",
    "margin": "how far that lies above the query's best other candidate",
    "claim": "how far it lies above the candidate's best other query",
    "mutual": "1 where neither margin is negative, else 0",
    "right": "whether the candidate is the counterpart",
    "counterpart": "whether the counterpart is among the candidates",
}
"""What probabilities are fitted on: each link twice in both directions, with its counterpart and without."""

COURSE_COLUMNS = {
    "epoch": "one of those that snapshots are kept of",
    "direction": "source_to_target or target_to_source",
    "query": "entity id",
    "truth": "entity id of its counterpart",
    "candidates": "how many there were",
    "rank": "1-based realistic rank of the truth among them, by the plain fused similarity",
    "similarity_truth": "fused similarity to the truth",
    "rival": "entity id of the best other candidate",
    "similarity_rival": "fused similarity to that one",
}

COUNTERFACTUAL_COLUMNS = {
    "direction": "source_to_target or target_to_source",
    "query": "entity id",
    "truth": "entity id of its counterpart",
    "scope": "candidates: closed or open",
    "rank": "1-based realistic rank of the truth by the fused similarity, without CSLS",
    "alone_MODALITY": "its rank by that modality's cosine alone, frozen or not",
    "without_MODALITY": "its rank by the fused similarity less that modality's share",
    "thawed_MODALITY": "its rank had that modality frozen nothing; NaN where all of it is frozen or missing",
}

FAILURE_COLUMNS = {
    "direction": "source_to_target or target_to_source",
    "query": "entity id",
    "truth": "entity id of its counterpart, of several the best ranked",
    "prediction": "entity id of its first candidate, -1 without one",
    "rank": "1-based realistic rank of the truth after decoding, as in predictions.parquet",
    "right": "whether that rank is 1",
    "cause": "the first rule of `pmf.failures.causes.CAUSES` that holds; empty where right",
    "modality": "the modality that the cause is about, empty where none",
    "causes": "names of all rules that hold, in their order, list",
    "epoch": "in which the cause began (over-frozen: its feature froze), -1 where unknown",
    "gain": "rank of the truth after the repair that the cause suggests, NaN without one",
    "similarity_rank": "rank of the truth by the fused similarity, without CSLS",
    "alone_MODALITY": "see `COUNTERFACTUAL_COLUMNS`",
    "without_MODALITY": "see `COUNTERFACTUAL_COLUMNS`",
    "thawed_MODALITY": "see `COUNTERFACTUAL_COLUMNS`",
}
"""The table's `attrs`: `scope` of the candidates, `decode` behind `rank`, `notes`, a sentence for each rule left out,
`calibration` as in `pmf.failures.health.Health`, and `contrasts`: cause → `right` and `wrong` as in
`pmf.failures.contrast.Contrast`."""
ACCEPTED_COLUMNS = {
    "pair": "id of the pair, made of its two URIs, see `pmf.runs.accepted.pair_id`: the same in every run",
    "source": "URI",
    "target": "URI",
    "given": "seed, validation or test link, or verdict",
    "state": "kept; changed = the evidence on an entity is other than before; gone = an entity or the link is",
    "what": "what changed or is gone, in a few words; empty where nothing did",
}
REPAIR_COLUMNS = {
    "repaired_without_MODALITY": "rank of the truth as the run decodes, had that modality been left out of it",
    "repaired_thawed_MODALITY": "the same, had that modality frozen nothing; NaN where it froze nothing or all",
}
"""Of the table of failures as well; NaN where a search finds the candidates. Older tables lack them."""
