"""What a build remembers of pages: forgotten when one is read anew, merged when read apart."""

from types import SimpleNamespace

from docutils import nodes
from docutils.utils import new_document

from books import edit
from claimbook.chapters.book import Book
from claimbook.pages import state


def reading(docname, **pages):
    """A build that is reading a page, and what it remembers of others."""
    return SimpleNamespace(
        docname=docname, claimbook_pages={name: state.Page(claim=c) for name, c in pages.items()}
    )


def test_a_page_that_is_read_anew_is_forgotten_and_others_stay():
    env = reading("b", a="one", b="two")
    state.Collector().clear_doc(None, env, "b")
    state.Collector().clear_doc(None, env, "never read")
    assert {name: page.claim for name, page in state.pages(env).items()} == {"a": "one"}


def test_what_another_process_read_is_taken_over_and_nothing_else():
    mine, theirs = reading("a", a="one"), reading("b", a="old", b="two", c="not its own")
    state.Collector().merge_other(None, mine, {"b", "without a part"}, theirs)
    assert {name: page.claim for name, page in state.pages(mine).items()} == {
        "a": "one",
        "b": "two",
    }


def page_with_a_bound_number():
    doctree = new_document("page")
    doctree += nodes.paragraph("", "", nodes.reference("", "−2.0", refuri="value:median.value"))
    return doctree


def test_a_bound_number_of_a_chapter_becomes_its_text():
    env, doctree = reading("chapter", chapter="one"), page_with_a_bound_number()
    state.Collector().process_doc(SimpleNamespace(env=env), doctree)
    assert not list(doctree.findall(nodes.reference)) and doctree.astext() == "−2.0"


def test_a_page_that_binds_numbers_of_chapters_is_read_anew_with_them(tiny_copy):
    env, own = reading("text"), Book()
    env.app = app = SimpleNamespace(env=env, claimbook_book=own, claimbook_stand=state.stand(own))
    env.doc2path = lambda docname: f"book/{docname}.md"
    doctree = page_with_a_bound_number()
    state.Collector().process_doc(app, doctree)
    assert doctree.astext() == "−2.0"
    made_of = state.page(env).made_of
    assert {state.CHAPTERS, state.FRAME} == {*made_of}
    assert made_of.items() <= state.stand(Book()).items()
    edit(tiny_copy / "book/coins/fair-coin.yml", "title: ", "title: Or, ")
    changed = {name for name, one in state.stand(Book()).items() if one != made_of.get(name, one)}
    assert changed == {state.CHAPTERS}, "figures, essays and declarations are as they were"
