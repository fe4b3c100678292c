"""Learns the cause of a complaint from its words. Multinomial logistic regression on character n-grams."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from features.text_model import TextModel, ngrams

FEWEST_COMPLAINTS, FEWEST_A_CAUSE = 200, 20
MOST_NGRAMS, FEWEST_TEXTS_A_NGRAM = 3_000, 3
INVERSE_PENALTY = 10.0
DIGITS = 4  # of a weight, so that the model stays small and readable


def fit_text_model(texts: Sequence[str], causes: Sequence[str]) -> TextModel | None:
    """A model of `causes` by `texts`, in an order that the caller fixes; None where there is too little to learn from.

    Causes with fewer than 20 complaints are left out. Needs two causes and 200 complaints. A text has n-grams of one to
    three characters, present or not, with length 1 as a vector: so long texts weigh no more than short ones.
    """
    counts = Counter(causes)
    kept = tuple(sorted(cause for cause, n in counts.items() if n >= FEWEST_A_CAUSE))
    pairs = [(text, cause) for text, cause in zip(texts, causes, strict=True) if cause in kept]
    if len(kept) < 2 or len(pairs) < FEWEST_COMPLAINTS:
        return None
    known = _vocabulary([text for text, _ in pairs])
    empty = TextModel(kept, known, tuple((0.0,) * len(kept) for _ in known), (0.0,) * len(kept))
    return _fitted(empty, pairs)


def _vocabulary(texts: Sequence[str]) -> tuple[str, ...]:
    """The n-grams of most texts; equally frequent ones by their characters."""
    counts = Counter(ngram for text in texts for ngram in ngrams(text))
    frequent = sorted((-n, ngram) for ngram, n in counts.items() if n >= FEWEST_TEXTS_A_NGRAM)
    return tuple(ngram for _, ngram in frequent[:MOST_NGRAMS])


def _fitted(empty: TextModel, pairs: Sequence[tuple[str, str]]) -> TextModel:
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    places = [empty.known(text) for text, _ in pairs]
    sizes = np.array([len(found) for found in places])
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    columns = np.array([place for found in places for place in found], dtype=np.int32)
    rows = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    X = csr_array((values, columns, rows), shape=(len(pairs), len(empty.ngrams)))
    with threadpool_limits(1):  # the products are small: more threads only wait for each other
        model = LogisticRegression(C=INVERSE_PENALTY, max_iter=500).fit(X, [cause for _, cause in pairs])
    weights, intercepts = model.coef_, model.intercept_
    if len(empty.causes) == 2:  # scikit-learn keeps one row, that of the second cause against the first
        weights, intercepts = np.vstack([0 * weights, weights]), np.concatenate([[0.0], intercepts])
    plain = tuple(tuple(float(w) for w in row) for row in weights.T.round(DIGITS) + 0.0)
    return TextModel(empty.causes, empty.ngrams, plain, tuple(float(b) for b in intercepts.round(DIGITS) + 0.0))
