"""What the model was made from: features, money constants with their sources, versions, fingerprints."""

from models.money import Figure, Span
from pipeline.pages.document import Section, Table
from pipeline.pages.numbers import count
from pipeline.reporting.material import Material, Tested


def provenance(material: Material) -> Section:
    """Everything needed to tell two models apart, folded where it is long."""
    return Section("Provenance", [_made_from(material), _versions(material), _money(material), _features(material)])


def constants(material: Tested) -> Section:
    """The money figures that profits and losses rest on, where the model itself is described elsewhere."""
    return Section("Provenance", [_money(material)])


def _made_from(material: Material) -> Table:
    manifest, sizes = material.manifest, material.evaluation.sizes
    rows = [
        ["data fingerprint", manifest.data_fingerprint],
        ["feature fingerprint", manifest.feature_fingerprint],
        ["rows for training", count(sizes["train"])],
        ["rows for the test", count(sizes["test"])],
    ]
    if not material.config.flat:
        rows += [[f"snapshots, {use}", _span(days)] for use, days in manifest.snapshots.items()]
    return Table(("made from", ""), rows, words=2)


def _versions(material: Material) -> Table:
    return Table(("library", "version"), list(material.manifest.versions.items()), "Versions", words=2, folded=True)


def _money(material: Tested) -> Table:
    money = material.config.money
    rows = []
    for name in type(money).model_fields:
        given = getattr(money, name)
        if isinstance(given, Figure | Span):
            value = f"{given.value:g}" if isinstance(given, Figure) else f"{given.low:g} to {given.high:g}"
            rows.append([name, value, given.status, given.source])
    return Table(
        ("constant", "value", "status", "source"),
        rows,
        "Money constants and where they come from",
        words=4,
        folded=True,
    )


def _features(material: Material) -> Table:
    predictor = material.evaluation.fitted.predictor
    rows = [
        [name, wording.meaning if wording else "", wording.unit if wording else ""]
        for name in material.manifest.columns
        for wording in [predictor.wordings.get(name)]
    ]
    caption = f"The {len(rows)} features of the model"
    if predictor.columns.dropped:
        caption += f" ({len(predictor.columns.dropped)} more were left out because they never vary)"
    return Table(("feature", "meaning", "unit"), rows, caption, words=3, folded=True)


def _span(days: tuple[str, ...]) -> str:
    return f"{days[0]} to {days[-1]} ({len(days)})" if days else ""
