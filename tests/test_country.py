"""What is said of one economy: its value, its rank, who is alike, and why it is not counted."""

from types import SimpleNamespace

import pandas as pd
import pytest

from claimbook.pages import country, movement
from claimbook.pages.state import BookError

VALUES = {"AAA": 12.34, "BBB": -0.456, "CCC": 12.34, "DDD": None}


class Figures:
    """A snapshot with one series, in which one economy has no figure."""

    economies = pd.DataFrame({"name": ["A", "B", "C", "D"]}, index=["AAA", "BBB", "CCC", "DDD"])

    def __getitem__(self, code):
        held = pd.DataFrame({2000: [1.0, 2.0, 3.0, None]}, index=self.economies.index)
        return held

    def metadata(self, code):
        return {"title": "A series"}


BOOK = SimpleNamespace(snapshots={"current": Figures()})


def output(economy, values=VALUES, **check):
    first = {"role": "primary", "series": ["A.B"], "vintage": "current", "economies": values}
    claim = {"id": "it-rose", "part": "part", "title": "Did it rise?", "economy": economy}
    return {"claim": claim, "verdict": "mixed", "checks": [first | check]}


def test_a_value_has_a_sign_where_there_are_both_and_a_rank_that_ties_share():
    told = country.told_of(BOOK, output("In {economy}: {value}."), "../")
    assert told["economies"] == {"AAA": ["+12.3", 1], "BBB": ["−0.46", 3], "CCC": ["+12.3", 1]}
    assert (told["n"], told["url"]) == (3, "../book/part/it-rose.html")
    assert told["lacking"] == {"series": "A series", "economies": ["DDD"]}


def test_values_with_sentences_of_their_own_count_who_is_alike():
    said = {"values": {1: "It rose.", 0: "It did not."}, "none": "Nothing known."}
    told = country.told_of(BOOK, output(said, {"AAA": 1.0, "BBB": 0.0, "CCC": 1.0}), "")
    assert told["economies"] == {"AAA": ["1", 2], "BBB": ["0", 1], "CCC": ["1", 2]}
    assert told["values"] == {"1": "It rose.", "0": "It did not."}
    with pytest.raises(BookError, match=r"it-rose.yml: `economy` has no sentence for the value 0"):
        country.told_of(BOOK, output({"values": {1: "It rose."}}, {"AAA": 1.0, "BBB": 0.0}), "")


def test_a_claim_without_economies_or_a_sentence_says_nothing():
    assert country.told_of(BOOK, output("In {economy}.", {}), "") is None
    bare = output("In {economy}.")
    del bare["claim"]["economy"]
    assert country.told_of(BOOK, bare, "") is None


def moved(then, now, verdicts, **check):
    def under(value):
        return value and {"estimate": {"value": value, "low": value - 1, "high": value + 1}}

    held = {"2013-12": under(then), "current": under(now)}
    fields = {"expects": "rise", "reference": 0, "smallest_effect": 1} | check
    one = output("", vintages=held, **fields)
    return one | {"verdict": verdicts[1], "vintages": dict(zip(held, verdicts, strict=True))}


def test_the_drawing_counts_who_moved_and_stands_in_the_claims_direction():
    rose = moved(2, 3, ["supported", "supported"])
    fell = moved(-2, 3, ["supported", "contradicted"], expects="fall")
    found = movement.movement([rose, fell], "2013-12")
    assert (len(found["asked"]), found["moved"]) == (2, [fell])
    places = [[step["place"] for step in row["steps"]] for row in found["rows"]]
    assert places[0][0] == places[1][0] > 0 > places[1][1] == -places[0][1]


def test_what_was_asked_of_one_release_only_or_of_a_model_is_not_drawn():
    alone = moved(None, 3, [None, "supported"])
    model = moved(1, 1, ["mixed", "mixed"], series=[])
    assert movement.movement([alone, model], "2013-12") is None


def test_where_any_effect_counts_half_the_interval_is_the_measure():
    found = movement.movement([moved(2, 3, ["mixed", "mixed"], smallest_effect=0)], "2013-12")
    same = movement.movement([moved(2, 3, ["mixed", "mixed"], smallest_effect=1)], "2013-12")
    assert found["rows"][0]["steps"] == same["rows"][0]["steps"]
