"""The catalogues of texts for readers, the tool that keeps them complete, and their compilation."""

import gettext
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from newsroom import apps, catalogues
from newsroom.stack import messages

Edit = Callable[[str, str], None]


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return messages.extract_texts()


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Replaces a text in the German catalogue of a copy of the catalogues, which the tool then reads."""
    folder = tmp_path / "locale"
    shutil.copytree(catalogues.SOURCES, folder)
    monkeypatch.setattr(messages, "SOURCES", folder)

    def replace(old: str, new: str) -> None:
        path = folder / "de.po"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return replace


def test_every_catalogue_is_complete() -> None:
    assert messages.main(["--check"]) is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgstr "Suche"', 'msgstr ""', "not translated: Search"),
        ('msgid "Search"\nmsgstr "Suche"\n', "", "not translated: Search"),
        ('msgstr[1] "%(count)s Reaktionen"', 'msgstr[1] ""', "not translated: %(count)s reaction"),
        ('msgid "Search"', 'msgid "Look for"', "obsolete: Look for"),
        ('msgid "Search"', '#~ msgid "Old"\n#~ msgstr "Alt"\n\nmsgid "Search"', "obsolete: Old"),
        ('msgid "Search"', '#, fuzzy\nmsgid "Search"', "fuzzy: Search"),
        ('msgstr "Entwurf: %(headline)s"', 'msgstr "Entwurf"', "placeholders differ: Entwurf"),
        ("zu %(most)s", "zu %(most)d", "placeholders differ: Wählen Sie bis zu %(most)d aus."),
        ('"%(count)s Reaktionen"', '"Reaktionen"', "placeholders differ: Reaktionen"),
        ("plural=(n != 1)", "plural=(n > 1)", "the plural form of 0 is not other"),
        ("nplurals=2; plural=(n != 1)", "nplurals=1; plural=0", "1 plural forms, and the language has one, other"),
    ],
)  # fmt: skip
def test_a_fault_of_a_catalogue_is_named(
    edit: Edit, texts: Catalog, old: str, new: str, fault: str
) -> None:
    edit(old, new)

    assert f"newsroom/locale/de.po: {fault}" in messages.find_faults("de", texts)


def test_a_form_of_a_single_number_may_have_it_in_words(edit: Edit, texts: Catalog) -> None:
    edit('msgstr[0] "%(count)s Reaktion"', 'msgstr[0] "Eine Reaktion"')

    assert [*messages.find_faults("de", texts)] == []


def test_an_update_keeps_translations_and_drops_what_is_obsolete(
    edit: Edit, texts: Catalog, tmp_path: Path
) -> None:
    edit('msgid "Search"\nmsgstr "Suche"\n', 'msgid "Look for"\nmsgstr "Suche"\n')

    for language in ("de", "fr"):
        messages.update(language, texts)

    updated = (tmp_path / "locale" / "de.po").read_text("utf-8")
    assert 'msgid "Search"\nmsgstr ""' in updated
    assert "Look for" not in updated
    assert 'msgstr "Korrekturen"' in updated
    # What is complete does not change, neither by the day nor by the machine.
    assert (tmp_path / "locale" / "fr.po").read_bytes() == (
        catalogues.SOURCES / "fr.po"
    ).read_bytes()


def test_processes_that_start_together_compile_one_whole_catalogue(tmp_path: Path) -> None:
    folder = catalogues.compiled_folder(tmp_path)
    starts = [
        threading.Thread(target=catalogues.compile_catalogues, args=[folder]) for _ in range(4)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert [*folder.parent.iterdir()] == [folder]
    assert catalogues.compile_catalogues(folder) is False
    found = gettext.translation("django", str(folder), ["zh_Hans"])
    assert found.gettext("Search") == "搜索"


def test_another_release_compiles_to_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalogues.compiled_folder(tmp_path)
    shutil.copytree(catalogues.SOURCES, tmp_path / "locale")
    monkeypatch.setattr(catalogues, "SOURCES", tmp_path / "locale")
    assert catalogues.compiled_folder(tmp_path) == before

    with (tmp_path / "locale/de.po").open("a") as file:
        file.write("# Another release.\n")

    assert catalogues.compiled_folder(tmp_path) != before


def test_a_folder_that_cannot_be_written_is_named_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "locale").write_text("A file.")

    apps.make_texts(tmp_path / "locale" / "digest")

    assert str(tmp_path / "locale" / "digest") in caplog.text
