"""What every feature of the catalogue must have: words in both languages, and comparisons with features that exist."""

import re

from features.engine import catalogue, plan
from features.schema import TableShape
from features.spec import Entry, FeatureSettings, Limit
from features.text_model import TextModel
from features.wording import LANGUAGES, phrase_of
from models.reason_words import BARE, SENTENCES, UNITS, WORDS
from tools.feature_catalogue import LEVELS, _shapes

LATIN = re.compile(r"[A-Za-z_]{3,}")
CHINESE = re.compile(r"[一-鿿]")


def all_entries() -> tuple[Entry, ...]:
    shapes: dict[str, TableShape] = _shapes()
    limits = {"*": Limit(answer_hours=24, resolve_hours=120)}
    text = TextModel(("product", "price"), (), (), (0.0, 0.0))
    return catalogue(plan(shapes, FeatureSettings(levels=LEVELS, limits=limits, text=text)))


ENTRIES = all_entries()


NAMES = {entry.name for entry in ENTRIES}


def test_every_feature_has_a_noun_in_each_language() -> None:
    nouns = {entry.name: phrase_of(entry).nouns for entry in ENTRIES}
    assert all(set(said) == set(LANGUAGES) and all(said.values()) for said in nouns.values())
    assert {name: said for name, said in nouns.items() if not CHINESE.search(said["zh"])} == {}
    assert {name: said for name, said in nouns.items() if CHINESE.search(said["en"])} == {}


def test_chinese_words_hold_no_name_of_a_feature() -> None:
    """But for the customer's own values: causes, categories, kinds, and columns of their own."""
    given = {value for values in LEVELS.values() for value in values} | {"product", "price"}
    canonical = [entry for entry in ENTRIES if entry.group not in ("customers", "generic")]
    left = {entry.name: set(LATIN.findall(phrase_of(entry).nouns["zh"])) - given for entry in canonical}
    assert {name: words for name, words in left.items() if words} == {}


def test_what_the_words_of_complaints_say_is_one_theme() -> None:
    themes = {phrase_of(entry).theme for entry in ENTRIES if entry.group == "text"}
    assert themes == {"complaint_words"}


def test_every_feature_but_a_customers_attribute_belongs_to_a_theme() -> None:
    alone = {entry.name for entry in ENTRIES if phrase_of(entry).theme == entry.name}
    assert {name for name in alone if not name.startswith("customers__")} == set()


def test_what_a_feature_is_compared_with_exists() -> None:
    phrases = [phrase_of(entry) for entry in ENTRIES]
    named = {name for phrase in phrases for name in (phrase.usual, phrase.before, phrase.shows) if name}
    assert named
    assert named <= NAMES


def test_a_window_is_part_of_the_noun() -> None:
    windowed = [(str(entry.window_days), phrase_of(entry).nouns) for entry in ENTRIES if entry.window_days]
    assert all(days in nouns["en"] and days in nouns["zh"] for days, nouns in windowed)


def test_every_unit_of_the_catalogue_can_be_written() -> None:
    assert {entry.unit for entry in ENTRIES} <= BARE | set(UNITS)


def test_no_two_themes_share_words_for_a_feature() -> None:
    """The same words for two reasons of one customer could not be told apart."""
    for language in LANGUAGES:
        themes: dict[str, set[str]] = {}
        for phrase in map(phrase_of, ENTRIES):
            themes.setdefault(phrase.nouns[language], set()).add(phrase.theme)
        assert {noun: found for noun, found in themes.items() if len(found) > 1} == {}


def test_both_languages_have_the_same_templates() -> None:
    for templates in (SENTENCES, WORDS):
        assert templates["en"].keys() == templates["zh"].keys()
        for name, template in templates["en"].items():
            assert set(re.findall(r"{\w*}", template)) == set(re.findall(r"{\w*}", templates["zh"][name]))


def test_a_users_own_builder_is_spoken_of_by_its_meaning() -> None:
    own = Entry("mine__mood", "mine", "mood of the last call", "points", "calls", None, "never", "number")
    phrase = phrase_of(own)
    assert phrase.nouns == {"en": "mood of the last call", "zh": "mood of the last call"}
    assert phrase.theme == "mine__mood"


def test_names_with_braces_are_only_names() -> None:
    odd = Entry("generic__a_last", "generic", "last {x}", "as given", "{t}", None, "never", "number")
    assert phrase_of(odd).nouns["en"] == "last {x}"
    assert "{x}" in phrase_of(odd).nouns["zh"]
