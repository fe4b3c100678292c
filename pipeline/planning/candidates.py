"""Customer-action pairs: who may be offered what, and what it is worth.

expected_saved = P(defect) x sum over types P(type | defect) x P(the action keeps such a customer) x loss_if_defect
net_benefit    = expected_saved - cost

Where effects by customer were learned, expected_saved = fall of the chance to defect x loss_if_defect instead.

Everything is a dense array of shape (customers, actions), one column after the other in memory.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.schema import DEFECTION_TYPES
from pipeline.planning.effects import Effects
from pipeline.planning.relationship import LEVELS
from pipeline.planning.scores import TYPE_COLUMNS, Scores
from pipeline.planning.settings import Action, PlanSettings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Worth of each action for each customer.

    `saved` and `net` are money, shape (customers, actions); `net` is -inf where the action is not allowed for the
    customer or not worth more than the least net benefit. `excluded` says for each customer why no action is left,
    empty text where one is; `top_type` is the likeliest defection type.
    """

    saved: Floats
    net: Floats
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
    names = [action.name for action in settings.actions]
    saved = (effects or Effects()).saved(expected_saved(scores.frame, settings), scores.frame, names)
    blocked = blocked_reason(scores.frame, facts, settings)
    free = blocked == ""
    allowed = np.empty(saved.shape, dtype=bool, order="F")
    net = np.empty(saved.shape, order="F")
    for number, action in enumerate(settings.actions):
        allowed[:, number] = free & _fits(action, traits, settings)
        worth = saved[:, number] - action.cost
        net[:, number] = np.where(allowed[:, number] & (worth > settings.min_net_benefit), worth, -np.inf)
    excluded = blocked.mask(free & _none(allowed), "no_fitting_action")
    excluded = excluded.mask((excluded == "") & _none(allowed & (saved >= 0)), "contact_harms")
    excluded = excluded.mask((excluded == "") & _none(np.isfinite(net)), "not_worth_it")
    return Candidates(saved, net, excluded, traits["top_type"])


def _none(allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(~allowed.any(axis=1), dtype=bool)


def expected_saved(frame: pd.DataFrame, settings: PlanSettings) -> Floats:
    """Money each action is expected to save, shape (customers, actions); 0 where risk or loss are not known."""
    success = np.array([[action.success_mean(name) for action in settings.actions] for name in DEFECTION_TYPES])  # type: ignore[arg-type]
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
    return facts[["kind", "preferred_channel"]].assign(
        top_type=_top_type(frame), risk_band=frame["risk_band"], level=levels
    )


def _fits(action: Action, traits: pd.DataFrame, settings: PlanSettings) -> "pd.Series[bool]":
    fits = pd.Series(True, index=traits.index)
    for column, wanted in (("top_type", action.types), ("kind", action.kinds), ("risk_band", action.risk_bands)):
        if wanted is not None:
            fits &= traits[column].isin(wanted)
    if action.relationship_level is not None:
        fits &= traits["level"].isin(LEVELS[LEVELS.index(action.relationship_level) :])
    if settings.preferred_channel == "require":
        fits &= traits["preferred_channel"].isna() | (traits["preferred_channel"] == action.channel)
    return fits
