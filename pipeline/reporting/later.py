"""The page of `holdfast evaluate`: the sections of the training report that speak of test rows, on later ones."""

from collections.abc import Sequence

from pipeline.config.root import Config
from pipeline.decay import Decay
from pipeline.measured import Measured
from pipeline.pages.document import Page, Section, Text
from pipeline.reporting.cautions import cautions
from pipeline.reporting.figures import facts, figures
from pipeline.reporting.groups import groups
from pipeline.reporting.horizons import horizons
from pipeline.reporting.material import Tested
from pipeline.reporting.probability import calibration, profits
from pipeline.reporting.provenance import constants
from pipeline.reporting.ranking import ranking
from pipeline.reporting.reasons import drivers, losses, types
from pipeline.reporting.stability import ageing, stability

SECTIONS = (figures, cautions, ranking, calibration, profits, groups, horizons, stability)
LAST = (drivers, types, losses, constants)


def page(config: Config, model: str, days: Sequence[str], found: Measured, decay: Decay | None) -> Page:
    """The page as data, on the snapshots `days`. Sections that the data do not allow are left out."""
    material = Tested(config, found)
    old = [ageing(decay)] if decay else []
    made = [*(section(material) for section in SECTIONS), *old, *(section(material) for section in LAST)]
    protocol = Section("What was measured", [Text(f"{found.protocol}.")])
    subtitle = f"{model} on {days[0]} to {days[-1]}"
    return Page(f"Evaluation: {config.name}", subtitle, [protocol, *(s for s in made if s)], facts(material))
