"""How features are spoken of in reasons, in English and Chinese, grouped by what a person can act on."""

from collections.abc import Mapping
from dataclasses import replace

from features.spec import Entry
from features.wording import complaints, contracts, others, transactions
from features.wording.generic import spoken_generic
from features.wording.phrase import Phrase, Rule, spoken, unspoken

# One line a feature group; customers' own attributes are spoken of by their name, each a theme of its own.
RULES: Mapping[str, tuple[Rule, ...]] = {
    "customers": others.CUSTOMER_RULES,
    "transactions": transactions.RULES,
    "contracts": contracts.RULES,
    "complaints": complaints.RULES,
    "resolution": complaints.RESOLUTION,
    "text": complaints.TEXT,
    "contacts": others.CONTACT_RULES,
    "surveys": others.SURVEY_RULES,
    "defections": others.DEFECTION_RULES,
    "indicators": transactions.INDICATORS,
}
LANGUAGES = ("en", "zh")


def phrase_of(entry: Entry) -> Phrase:
    """The words for a feature."""
    if entry.group == "generic":
        return spoken_generic(entry)
    found = spoken(entry, RULES.get(entry.group, ()))
    if found is None and entry.group == "customers":
        return replace(unspoken(entry), nouns=_attribute(entry))
    return found or unspoken(entry)


def _attribute(entry: Entry) -> dict[str, str]:
    """A customer's attribute goes by its name; the canonical ones have a Chinese one."""
    known = {"customers__kind": "客户类别", "customers__preferred_channel": "客户希望的渠道"}
    nouns = unspoken(entry).nouns
    since = entry.meaning.removeprefix("days since ")
    chinese = f"距{since}" if since != entry.meaning else nouns["zh"]
    return nouns | {"zh": known.get(entry.name, chinese)}
