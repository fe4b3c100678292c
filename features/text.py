"""What complaints are about by their own words: probabilities of causes, for companies that do not record the cause."""

from features.aggregates import COUNT, exact_sum, last
from features.history import History
from features.levels import literal, slugs
from features.lookups import LOOKED_UP, Lookup
from features.spec import Block, Builder, Feature, FeatureSettings, Group
from features.text_model import TextModel

SOURCE, COLUMN, SCORES = "complaints", "text", "hf_text_scores"


class Text(Builder):
    """Probabilities of each cause by the words of the complaints: expected numbers by window, and of the last one."""

    name = "text"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if settings.text is None or not history.has(SOURCE, COLUMN):
            return None
        known, causes = history.rows(SOURCE), slugs(settings.text.causes)
        rows = f"SELECT k.*, p.* FROM ({known}) k JOIN {SCORES} p ON p.{LOOKED_UP} = k.{COLUMN}"
        chances = {cause: _probability(n, len(causes)) for n, cause in enumerate(causes)}
        windows = tuple(dict.fromkeys((min(settings.windows_days), settings.longest_days)))
        features = [_with_text(days) for days in windows]
        for cause, name in causes.items():
            features += [_expected(cause, name, chances[cause], days) for days in windows]
            features.append(_last(cause, name, chances[cause]))
        lookup = Lookup(SCORES, known, COLUMN, settings.text)
        return Group(self.name, (Block(rows, (*features, _likeliest(settings.text))),), lookups=(lookup,))


def _probability(n: int, causes: int) -> str:
    """Softmax of the scores, written so that nothing overflows."""
    return "1 / (" + " + ".join(f"exp(hf_score_{other} - hf_score_{n})" for other in range(causes)) + ")"


def _with_text(days: int) -> Feature:
    return Feature("count", COUNT, "complaints in the customer's words", "complaints", SOURCE, days, empty="0")


def _expected(cause: str, name: str, chance: str, days: int) -> Feature:
    meaning = f"expected number of complaints about {cause}, by their words"
    return Feature(f"expected_{name}", exact_sum(chance), meaning, "complaints", SOURCE, days, empty="0")


def _last(cause: str, name: str, chance: str) -> Feature:
    meaning = f"probability that the last complaint in words was about {cause}"
    return Feature(f"last_{name}", last(chance), meaning, "probability", SOURCE, null="no complaint in words so far")


def _likeliest(model: TextModel) -> Feature:
    best = f"greatest({', '.join(f'hf_score_{n}' for n in range(len(model.causes)))})"
    cases = "".join(f" WHEN hf_score_{n} = {best} THEN {literal(cause)}" for n, cause in enumerate(model.causes))
    meaning = "likeliest cause of the last complaint by its words"
    null = "no complaint in words so far"
    return Feature("last_cause", last(f"CASE{cases} END"), meaning, "category", SOURCE, null=null, kind="category")
