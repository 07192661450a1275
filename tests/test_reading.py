"""Files that are something else than they should be: each is named, with line and remedy."""

from __future__ import annotations

import contextlib
import json
import os
import socket

import nbformat
import pytest

import small
from books import edit
from claimbook import reading
from claimbook.chapters import notebooks
from claimbook.chapters.book import Book
from claimbook.chapters.notebooks import ChapterError
from claimbook.claims import files
from claimbook.claims.files import ClaimFileError
from claimbook.data import snapshot, yamlfile
from claimbook.data.snapshot import SnapshotError
from claimbook.errors import ClaimbookError

CLAIM = "book/part/it-rose.yml"
BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


def a_folder(path):
    path.mkdir()


def a_pipe(path):
    os.mkfifo(path)


def a_link(path):
    path.symlink_to("/etc/hostname")


def a_link_to_itself(path):
    path.symlink_to(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(path.parent):
        made.bind(path.name)


def a_long_file(path):
    with path.open("wb") as file:
        file.truncate(reading.MOST_BYTES + 1)


def text(written):
    """Write a text, or bytes, in the place of a file."""

    def write(path):
        path.write_bytes(written if isinstance(written, bytes) else written.encode())

    return write


ANY_FILE = [
    (a_folder, "is a folder, where a file should be"),
    (a_pipe, "is a pipe, where a file should be"),
    (a_link, "is a link, where a file should be"),
    (a_link_to_itself, "is a link, where a file should be"),
    (a_socket, "is a device, where a file should be"),
    (a_long_file, "holds 64 MB, more than any file of the book"),
    (lambda path: None, "is missing: restore it from git"),
    (text("a: b\nc: \0\n"), "line 2: holds a NUL character"),
    (text("a: b\nc: 9.2\u202e\n"), "line 2: holds a \\u202e character, which is not seen"),
    (text('"a": 1,\n"b": "\\u202e"'), "line 2: holds a \\\\u202e character"),
    (text("a: b\nc: \x1b[2K\n"), "line 2: holds a \\x1b character"),
    (
        text("a: b\nc: caf\u00e9\n".encode("cp1252")),
        "line 2: is not UTF-8 (the byte 0xE9, which in",
    ),
    (text("a: b\n".encode("utf-16")), "is written in UTF-16 or 32: save it as UTF-8"),
    (text("a: b\n<<<<<<< HEAD\n"), "line 2: holds the marks of a merge that was not finished"),
    (text("a: b\n>>>>>>> main\n"), "line 2: holds the marks of a merge that was not finished"),
]
YAML = [
    ("a0: &a0 [x]\n" + BOMB, "line 2: the alias *a0 is one too many"),
    ("a: &a [*a]\n", "line 1: the alias *a is one too many"),
    ("a: &a 1\nb: [" + "*a, " * 51 + "]\n", "line 2: the alias *a is one too many"),
    ("a: " + "[" * 40 + "]" * 40, "line 1: is nested more than 30 deep"),
    ("id: it-rose\nid: it-fell\n", "line 2: the key id stands twice: keep one"),
    ("id: it-rose\nx: .nan\n", "line 2: .nan is no number"),
    ("id: it-rose\nx: -.Inf\n", "line 2: -.Inf is no number"),
    ("id: it-rose\nx: " + "9" * 5_001, "line 2: a number of 5,001 digits"),
    ("id: it-rose\nx: 1e999\n", "field x is not known"),
    ("id: !!python/object/apply:os.system [x]\n", "line 1: the tag tag:yaml.org,2002:python/objec"),
    ("a" * (reading.MOST_YAML + 1), "characters, more than any file"),
    ("", "line 1: null: None is not of type 'object'"),
    ("- 1\n", "is not of type 'object'"),
    ("1: 2\n", "the field 1 is not known"),
    ("? [a]\n: 2\n", "line 1: a key is no word: write one"),
    ("id: 2014-01-01\n", "it-rose.yml, line 1"),
    ("a: b\n--- \nc: d\n", "not YAML"),
    ("a: [b\n", "not YAML"),
    ("\ta: b\n", "not YAML"),
]


@pytest.fixture
def claim_file(small_book):
    small.write_claim(small_book, [small.check()])
    path = small_book / CLAIM
    path.unlink()
    return path


@pytest.mark.parametrize(("make", "sentence"), ANY_FILE)
def test_what_is_no_claim_file_is_named(claim_file, make, sentence):
    make(claim_file)
    with pytest.raises(ClaimFileError) as raised:
        files.load_claim(claim_file)
    assert str(raised.value).startswith(CLAIM) and sentence in str(raised.value)


@pytest.mark.parametrize(("written", "sentence"), YAML)
def test_what_is_no_plain_yaml_is_named(claim_file, written, sentence):
    claim_file.write_text(written, encoding="utf-8")
    with pytest.raises(ClaimFileError) as raised:
        files.load_claim(claim_file)
    assert sentence in str(raised.value)


def test_plain_yaml_is_that_of_version_1_2():
    written = "a: no\nb: 010\nc: 2014-01-01\nd: -1e3\ne: ~\nf: .5\ng: True\nh: 1:30\ni:\n"
    found = yamlfile.loaded(written, "a text", ClaimbookError)
    values = ["no", 10, "2014-01-01", -1000.0, None, 0.5, True, "1:30", None]
    assert found == dict(zip("abcdefghi", values, strict=True))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"smallest_effect": float("inf")}, "Infinity"),
        ({"options": {f"o{n}": list(range(9)) for n in range(10)}}, "3,486,784,401 variants, more"),
    ],
)
def test_a_check_beyond_bounds_is_refused(small_book, fields, sentence):
    small.write_claim(small_book, [small.check(**fields)])
    with pytest.raises(ClaimFileError, match=sentence):
        files.read_claim("it-rose")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"sentence": "Take {starts}."},
            "field sentence: no check has the option starts. Did you m",
        ),
        ({"sentence": "Take {start.__class__}."}, "no check has the option start.__class__"),
        ({"sentence": "Take { the {start}."}, "field sentence: no check has the option"),
        ({"labels": {"end": "Ends"}}, r"line \d+, field labels.end: no check has the option end"),
        (
            {"lead": {"form": "strip", "check": "it-ros"}},
            "the claim has no check it-ros. Did you mean it-rose",
        ),
        ({"title": "x" * 1_001}, "field title: .* does not fit"),
    ],
)
def test_words_of_a_claim_file_that_fit_no_option_are_refused(small_book, fields, sentence):
    checks = [small.check(options={"start": [1990, 1991]})]
    small.write_claim(small_book, checks, **fields)
    with pytest.raises(ClaimFileError, match=sentence):
        files.read_claim("it-rose")


def test_a_claim_of_no_essay_is_named(small_book):
    small.write_claim(small_book, [small.check()], essay="an-essey")
    with pytest.raises(
        ClaimFileError, match=r"it-rose.yml, field essay: there is no book/essays/an"
    ):
        _ = Book().essays


def notebook(**fields):
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []} | fields)


NOTEBOOKS = [
    ("[]", "is not a notebook (it has no format or no cells)"),
    ("{}", "is not a notebook"),
    ("{", "line 1: is not JSON"),
    ("[" * 100_000, "is nested too deeply"),
    (notebook(nbformat=5), "is in the notebook format 5.5; the book reads 4.0 to 4.5: save it"),
    (notebook(nbformat_minor=9), "is in the notebook format 4.9"),
    (notebook(nbformat=3), "is in the notebook format 3.5"),
    (notebook(cells=[{"cell_type": "code"}]), "is not a notebook ("),
    (notebook(cells=[1]), "is not a notebook (it has no"),
    ('{"nbformat": 4,\n"cells": [],\n"cells": []}', "line 3: the key 'cells' stands twice"),
    ('{"nbformat": ' + "9" * 5_001 + "}", "holds a number that cannot be read"),
]


@pytest.mark.parametrize(
    ("make", "sentence"), ANY_FILE + [(text(written), said) for written, said in NOTEBOOKS]
)
def test_what_is_no_notebook_is_named(small_book, make, sentence):
    path = small_book / "book" / "chapter.ipynb"
    make(path)
    with pytest.raises(ChapterError) as raised:
        notebooks.read(path)
    assert str(raised.value).startswith("book/chapter.ipynb") and sentence in str(raised.value)


def test_a_cell_without_an_id_gets_one_of_its_content(small_book):
    path = small_book / "book" / "chapter.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": "Same."}
    path.write_text(notebook(cells=[cell, cell, cell | {"id": "own"}], nbformat_minor=4))
    first = notebooks.read(path).cells[0].id
    assert [one.id for one in notebooks.read(path).cells] == [first, f"{first}-2", "own"]
    nbformat.validate(notebooks.read(path))


PACKAGES = [
    ("[]", "top: [] is not of type 'object'"),
    ('{"resources": {}}', "resources: {} is not of type 'array'"),
    ("{}", "top: 'resources' is a required property"),
    ('{"resources": [1]}', "resources 1: 1 is not of type 'object'"),
    ("1" * (5 << 20), "holds 5,242,880 bytes, more than any data package"),
    ("{", "is not JSON"),
    ("[" * 100_000, "is nested too deeply"),
]


@pytest.fixture
def vintage(small_book):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    return small_book / "data" / "current"


@pytest.mark.parametrize(
    ("make", "sentence"), ANY_FILE[:7] + [(text(written), said) for written, said in PACKAGES]
)
def test_what_is_no_data_package_is_named(small_book, vintage, make, sentence):
    (vintage / "datapackage.json").unlink()
    make(vintage / "datapackage.json")
    with pytest.raises(SnapshotError) as raised:
        snapshot.Snapshot(vintage)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("name", None, "resources 2 name: None is not of type 'string'"),
        ("name", "AA.BB\n", "resources 2 name: 'AA.BB\\n' does not match"),
        ("path", ["AA.BB.csv"], "resources 2 path: ['AA.BB.csv'] is not of type 'string'"),
        ("path", "../economies.csv", "resources 2 path: '../economies.csv' does not match"),
        ("path", "/etc/passwd", "resources 2 path: '/etc/passwd' does not match"),
        ("hash", "sha256:x", "resources 2 hash: 'sha256:x' does not match"),
        ("name", "economies", "it lists economies twice"),
    ],
)
def test_a_resource_is_one_file_beside_its_package(vintage, part, value, sentence):
    path = vintage / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    next(one for one in package["resources"] if one["name"] == small.CODE)[part] = value
    path.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(SnapshotError) as raised:
        snapshot.Snapshot(vintage)
    assert sentence in str(raised.value)


def a_link(path):
    (path.parent.parent / "elsewhere").write_bytes(b"economy,year,value\n")
    path.symlink_to(path.parent.parent / "elsewhere")


@pytest.mark.parametrize("make", [a_link, a_folder, a_pipe])
def test_a_series_is_a_file_of_its_own(vintage, make):
    (vintage / f"{small.CODE}.csv").unlink()
    make(vintage / f"{small.CODE}.csv")
    with pytest.raises(SnapshotError, match="is no file but a link, a folder or a pipe: restore"):
        snapshot.Snapshot(vintage).series(small.CODE)


@pytest.mark.parametrize("year", ["-500", "0999", "99999"])
def test_an_absurd_year_is_no_year(tmp_path, year):
    path = tmp_path / "series.csv"
    path.write_text(f"economy,year,value\nBRA,2000,1\nBRA,{year},1\n", encoding="utf-8")
    with pytest.raises(SnapshotError, match=f"line 3: the year '{year}' is not a year"):
        snapshot.read_long(path)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("_toc.yml", lambda book: book.pages),
        ("book/references.bib", lambda book: book.references),
        ("book/declarations.csv", lambda book: book.output("gini-fell")),
    ],
)
def test_other_files_of_the_book_are_read_as_carefully(tiny_copy, name, ask):
    path = tiny_copy / name
    path.write_text("<<<<<<< HEAD\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ClaimbookError, match="line 1: holds the marks of a merge"):
        ask(Book())


@pytest.mark.parametrize("written", ["[]\n", "root: 1\n", "format: jb-book\n"])
def test_a_table_of_contents_that_is_none_is_named(tiny_copy, written):
    (tiny_copy / "_toc.yml").write_text(written, encoding="utf-8")
    with pytest.raises(ChapterError, match=r"_toc\.yml is no table of contents"):
        _ = Book().pages


@pytest.mark.parametrize("year", ["99999", "-500"])
def test_an_essay_is_of_a_year(tiny_copy, year):
    edit(tiny_copy / "book/essays/first-2014.yml", "cut_off: 2013", f"cut_off: {year}")
    with pytest.raises(ClaimFileError, match="cut_off"):
        _ = Book().essays
