"""The training report: one self-contained HTML page on what was predicted, how well, and what to be careful about."""

from pipeline.artefact import Manifest
from pipeline.config.root import Config
from pipeline.evaluation import Evaluation
from pipeline.matrix import Labelled
from pipeline.pages.document import Page
from pipeline.reporting.cautions import cautions_of_training
from pipeline.reporting.figures import choice, facts, figures
from pipeline.reporting.groups import groups
from pipeline.reporting.horizons import horizons
from pipeline.reporting.material import Material
from pipeline.reporting.periods import periods
from pipeline.reporting.probability import calibration, profits
from pipeline.reporting.provenance import provenance
from pipeline.reporting.question import question
from pipeline.reporting.ranking import ranking
from pipeline.reporting.reasons import drivers, losses, types
from pipeline.reporting.stability import old_model, stability_of_training

SECTIONS = (
    question, figures, cautions_of_training, ranking, calibration, profits, groups, horizons,
    stability_of_training, periods, old_model, choice, drivers, types, losses, provenance,
)  # fmt: skip


def training_page(config: Config, manifest: Manifest, evaluation: Evaluation, found: Labelled) -> Page:
    """The page as data. Every figure in it comes from the evaluation or is counted from `found`.

    `manifest` says what the final model was made from, `found` holds the labelled rows and the counts by status.
    Sections that the data do not allow (types without reasons, money without amounts) are left out.
    """
    material = Material(config, evaluation, manifest, found)
    made = [section(material) for section in SECTIONS]
    outcome = config.outcome
    subtitle = f"Defection ({outcome.kind}) within {outcome.horizon_days} days; {len(manifest.columns)} features"
    return Page(f"Training report: {config.name}", subtitle, [s for s in made if s], facts(material))
