"""Customer-offer pairs: who may be offered what, and what it is worth.

expected_saved = P(defect) x sum over types P(type | defect) x P(the offer keeps such a customer) x loss_if_defect
net_benefit    = expected_saved - cost

Where effects by customer were learned, expected_saved = fall of the chance to defect x loss_if_defect instead.

Everything is a dense array of shape (customers, offers), one column after the other in memory. An offer is an action,
or a sequence of two; a sequence is for those whom both of its actions are for.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.schema import DEFECTION_TYPES
from pipeline.planning.effects import Effects
from pipeline.planning.offers import offers
from pipeline.planning.relationship import LEVELS
from pipeline.planning.scores import TYPE_COLUMNS, Scores
from pipeline.planning.settings import Action, PlanSettings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Worth of each offer for each customer.

    `saved`, `net` and `worth` have the shape (customers, offers). `saved` and `net` are money; `net` is -inf where the
    offer is not allowed for the customer or not worth more than the least net benefit. `worth` is what the choice
    maximises: `net` times the customer's weight, so that a moment of truth goes first. `excluded` says for each
    customer why no offer is left, empty text where one is; `top_type` is the likeliest defection type.
    """

    saved: Floats
    net: Floats
    worth: Floats
    excluded: "pd.Series[str]"
    top_type: "pd.Series[str]"


def candidates(
    scores: Scores,
    facts: pd.DataFrame,
    levels: "pd.Series[str]",
    settings: PlanSettings,
    effects: Effects | None = None,
) -> Candidates:
    """All pairs of a score table, with the rules of contacting applied. Rows are in the order of the scores."""
    traits = _traits(scores.frame, facts, levels)
    saved = _saved(scores.frame, settings, effects or Effects())
    blocked = blocked_reason(scores.frame, facts, settings)
    free = blocked == ""
    allowed = np.empty(saved.shape, dtype=bool, order="F")
    net = np.empty(saved.shape, order="F")
    fits = [free & _fits(action, traits, settings) for action in settings.actions]
    for number, offer in enumerate(offers(settings)):
        allowed[:, number] = np.logical_and.reduce([fits[step] for step in offer.steps])
        benefit = saved[:, number] - offer.cost
        net[:, number] = np.where(allowed[:, number] & (benefit > settings.min_net_benefit), benefit, -np.inf)
    excluded = blocked.mask(free & _none(allowed), "no_fitting_action")
    excluded = excluded.mask((excluded == "") & _none(allowed & (saved >= 0)), "contact_harms")
    excluded = excluded.mask((excluded == "") & _none(np.isfinite(net)), "not_worth_it")
    return Candidates(saved, net, _weighted(net, facts), excluded, traits["top_type"])


def _saved(frame: pd.DataFrame, settings: PlanSettings, effects: Effects) -> Floats:
    """By what was learned, where it was; a sequence with a step that is offered no more is not offered either."""
    known = offers(settings)
    saved = effects.saved(expected_saved(frame, settings), frame, [offer.name for offer in known])
    for number, offer in enumerate(known):
        if any(action.name in effects.never for action in offer.actions):
            saved[:, number] = 0.0
        elif effects.kept is not None and len(offer.steps) > 1:
            # nobody measured the sequence itself; a step that harms is not made good by the other
            worst = saved[:, list(offer.steps)].min(axis=1)
            saved[:, number] = np.where(worst < 0, worst, saved[:, number])
    return saved


def _weighted(net: Floats, facts: pd.DataFrame) -> Floats:
    weight = facts["weight"].to_numpy(dtype=np.float64) if "weight" in facts else np.ones(len(facts))
    return net if (weight == 1).all() else np.asfortranarray(net * weight[:, None])


def _none(allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(~allowed.any(axis=1), dtype=bool)


def expected_saved(frame: pd.DataFrame, settings: PlanSettings) -> Floats:
    """Money each offer is expected to save, shape (customers, offers); 0 where risk or loss are not known."""
    success = np.array([[offer.chance(name) for offer in offers(settings)] for name in DEFECTION_TYPES])  # type: ignore[arg-type]
    types = frame[list(TYPE_COLUMNS)].to_numpy(dtype=np.float64)
    at_stake = np.nan_to_num((frame["risk"] * frame["loss_if_defect"]).to_numpy(dtype=np.float64))
    return np.asfortranarray((types @ success) * at_stake[:, None])


def blocked_reason(frame: pd.DataFrame, facts: pd.DataFrame, settings: PlanSettings) -> "pd.Series[str]":
    """Why a customer may not be offered anything, the first that holds; empty text where nothing speaks against it."""
    status = frame["status"].fillna("not_found").astype("str")
    reasons: list[tuple[pd.Series[bool], str | pd.Series[str]]] = [
        (status != "at_risk", status),
        (frame["risk"].isna() | frame["loss_if_defect"].isna(), "no_estimate"),
        (facts["do_not_contact"], "do_not_contact"),
        (~facts["consent"], "no_consent"),
        (facts["owed"], "complaint_first"),
        (facts["days_since_held_out"] < (settings.holdout_days or 0), "held_out_before"),
        (facts["days_since_contact"] < settings.cool_down_days, "cool_down"),
    ]
    blocked = pd.Series("", index=frame.index, dtype="str")
    for holds, reason in reasons:
        blocked = blocked.mask((blocked == "") & holds, reason)
    return blocked


def _top_type(frame: pd.DataFrame) -> "pd.Series[str]":
    top = frame[list(TYPE_COLUMNS)].to_numpy(dtype=np.float64).argmax(axis=1)
    return pd.Series(np.array(DEFECTION_TYPES)[top], index=frame.index, dtype="str")


def _traits(frame: pd.DataFrame, facts: pd.DataFrame, levels: "pd.Series[str]") -> pd.DataFrame:
    """What actions ask for, one row a customer."""
    return facts[["kind", "preferred_channel", "grade"]].assign(
        top_type=_top_type(frame), risk_band=frame["risk_band"], level=levels
    )


def _fits(action: Action, traits: pd.DataFrame, settings: PlanSettings) -> "pd.Series[bool]":
    fits = pd.Series(True, index=traits.index)
    asked = {"top_type": action.types, "kind": action.kinds, "risk_band": action.risk_bands, "grade": action.grades}
    for column, wanted in asked.items():
        if wanted is not None:
            fits &= traits[column].isin(wanted)
    if action.relationship_level is not None:
        fits &= traits["level"].isin(LEVELS[LEVELS.index(action.relationship_level) :])
    if settings.preferred_channel == "require":
        fits &= traits["preferred_channel"].isna() | (traits["preferred_channel"] == action.channel)
    return fits
