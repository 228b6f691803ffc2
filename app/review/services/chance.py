"""How sure to be that a query's best candidate is right, as a probability."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.review.services.queue import margins
from app.shared.services.run_view import RunView

FEWEST, FEWEST_OF_EITHER = 20, 5  # validation queries, and right or wrong ones among them


def chance(run: RunView) -> npt.NDArray[np.float64]:
    """Probability that the best candidate of each ranked query is its counterpart, from its margin, `[entities]`.

    A logistic fit on the validation links of both directions; test links have no part in it. It supposes what holds
    for those, that the counterpart is among the candidates. NaN where nothing was ranked, where there is no margin,
    and everywhere without enough validation links.
    """
    from sklearn.linear_model import LogisticRegression  # a second to import, which not every page need wait for
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    result = np.full(run.n, np.nan)
    table = run.predictions
    if table is None:
        return result
    parts = [(part.index.to_numpy(), margins(part)) for _, part in table.groupby("direction", sort=False)]
    ids, margin = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    ids, margin = ids[np.isfinite(margin)], margin[np.isfinite(margin)]
    fit = run.split[ids] == "validation"
    right = run.best[ids] == run.partner[ids]  # predictions rank the truth of test links only
    if fit.sum() < FEWEST or min(right[fit].sum(), (~right[fit]).sum()) < FEWEST_OF_EITHER:
        return result
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(margin[fit, None], right[fit])
    result[ids] = model.predict_proba(margin[:, None])[:, 1]
    return result
