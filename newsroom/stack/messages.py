"""Keeps the catalogues of texts for readers complete. `make messages` updates them from templates and code.

With `--check`, as in `make lint`, it changes nothing, and names every fault: a text that a catalogue lacks or has too
much, an uncertain one, a placeholder that differs, and plural forms that are not those of CLDR.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from gettext import c2py  # what gettext itself reads plural forms with
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from articles.languages import locale_of, plural_categories
from newsroom.catalogues import SOURCES
from newsroom.languages import SITE_LANGUAGES

ROOT = SOURCES.parents[1]
FOLDERS = ("articles", "reactions", "newsroom")
# Django's functions, and the class of the widget's plurals.
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "pgettext_lazy": ((1, "c"), 2),
    "ngettext_lazy": (1, 2),
    "Plural": (1, 2),
}
COMMENTS = ("Translators:",)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# Headers that change with every run, or that no reader of these files needs.
HEADERS = re.compile(
    rb'^"(?:Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator'
    rb'|Language-Team|Generated-By): .*"\n',
    re.MULTILINE,
)
NUMBERS = (*range(201), 1_000_000)  # those whose plural forms are compared


def main(words: list[str]) -> str | None:
    texts = extract_texts()
    if "--check" not in words:
        for language in translated():
            update(language, texts)
        return None
    faults = [fault for language in translated() for fault in find_faults(language, texts)]
    return "\n".join([*faults, "Run `make messages`, and translate."]) if faults else None


def translated() -> list[str]:
    return [language for language in SITE_LANGUAGES if language != "en"]


def extract_texts() -> Catalog:
    """Every text of templates and code that is marked for translation, with the files that it is in."""
    texts = Catalog()
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*")):
        if path.suffix in {".html", ".py"}:
            name = str(path.relative_to(ROOT))
            for _, text, comments, context in extract(
                "python", BytesIO(_as_python(path)), KEYWORDS, COMMENTS
            ):
                texts.add(text, locations=[(name, 0)], auto_comments=comments, context=context)
    return texts


def _as_python(path: Path) -> bytes:
    if path.suffix == ".py":
        return path.read_bytes()
    # One call of gettext for each text; what surrounds them is blanked, but keeps its indentation.
    lines = templatize(path.read_text("utf-8")).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def update(language: str, texts: Catalog) -> None:
    """Bring one catalogue up to date: it keeps its translations, loses obsolete texts, and gains new ones, untranslated."""
    catalog = _read(language)
    catalog.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    written = BytesIO()
    write_po(written, catalog, width=110, sort_by_file=True, include_lineno=False)
    _path(language).write_bytes(HEADERS.sub(b"", written.getvalue()))


def find_faults(language: str, texts: Catalog) -> Iterator[str]:
    catalog = _read(language)
    name = f"newsroom/locale/{language}.po"
    yield from (f"{name}: {fault}" for fault in _faults_of_plurals(catalog, language))
    for text in texts:
        translation = catalog.get(text.id, text.context)
        if text.id and (translation is None or not all(_forms(translation.string))):
            yield f"{name}: not translated: {_shown(text)}"
    for translation in catalog:
        if not translation.id:
            continue
        if texts.get(translation.id, translation.context) is None:
            yield f"{name}: obsolete: {_shown(translation)}"
        if translation.fuzzy:
            yield f"{name}: fuzzy: {_shown(translation)}"
        if all(_forms(translation.string)):
            yield from (
                f"{name}: placeholders differ: {form}"
                for form in _forms_with_other_placeholders(translation, language)
            )
    yield from (f"{name}: obsolete: {_shown(each)}" for each in catalog.obsolete.values())


def _faults_of_plurals(catalog: Catalog, language: str) -> Iterator[str]:
    # The forms of a catalogue are in the order of the categories.
    rule, categories = locale_of(language).plural_form, list(plural_categories(language))
    form_of = c2py(catalog.plural_expr)
    if catalog.num_plurals != len(categories):
        yield f"{catalog.num_plurals} plural forms, and the language has {', '.join(categories)}"
        return
    for number in NUMBERS:
        if categories[form_of(number)] != rule(number):
            yield f"the plural form of {number} is not {rule(number)}"
            return


def _forms(text: str | Iterable[str] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def _forms_with_other_placeholders(message: Message, language: str) -> Iterator[str]:
    wanted = _placeholders(_forms(message.id)[-1])
    if not message.pluralizable:
        yield from (form for form in _forms(message.string) if _placeholders(form) != wanted)
        return
    for category, form in zip(plural_categories(language), _forms(message.string), strict=False):
        # A form of a single number may have it in words.
        spared = wanted if _is_of_one_number(category, language) else set()
        if not wanted - spared <= _placeholders(form) <= wanted:
            yield form


def _is_of_one_number(category: str, language: str) -> bool:
    rule = locale_of(language).plural_form
    return [rule(number) for number in NUMBERS].count(category) == 1


def _placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def _shown(message: Message) -> str:
    return _forms(message.id)[0]


def _read(language: str) -> Catalog:
    path = _path(language)
    locale = str(locale_of(language))
    if not path.exists():
        comment = f"# {locale_of(language).english_name}: the texts for readers."
        return Catalog(locale, header_comment=comment, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def _path(language: str) -> Path:
    return SOURCES / f"{language}.po"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
