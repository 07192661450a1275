"""What pages say of a finding in words: answers, labels of choices, what an estimate rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claimbook.chapters import prose
from claimbook.estimates import words

Found = Mapping[str, Any]


def answer(output: Found) -> str | None:
    """Return a claim's answer as plain text, its numbers as the figures now have them."""
    text = output.get("answer") or output["claim"].get("answer")
    return bound(text, output) if text else None


def bound(text: str, output: Found) -> str:
    """Return a text of a claim file with its bound numbers as plain text."""
    return prose.LINK.sub(lambda link: link["text"], prose.bound(text, output))


def full(estimate: Found | None, check: Found) -> str:
    """Write an estimate of a check with its interval and what it counts."""
    return words.full(estimate and {"unit": check["unit"], **estimate}, counts(check))


def counts(check: Found) -> str:
    """Return what a check counts: a model has cases where figures have economies."""
    return "economies" if check["series"] else "cases"


def option_label(name: str, labels: Found) -> str:
    """Return an option in a reader's words.

    The claim file's `labels` hold an option's words, or `label` and `values`, its values' words.
    """
    label = labels.get(name, {})
    label = label if isinstance(label, str) else label.get("label")
    return label or sentence(name.replace("_", " "))


def value_label(value: Any, name: str, labels: Found) -> str:
    """Return the value of an option in a reader's words."""
    label = labels.get(name, {})
    values = {} if isinstance(label, str) else label.get("values", {})
    return str(values.get(value, values.get(str(value), value)))


def moved_by(switches: Found, labels: Found) -> str:
    """Name the options that move the verdict, each once."""
    names = dict.fromkeys(switch["option"] for switch in switches["which"])
    words = (option_label(name, labels) for name in names)
    return ", ".join(word if word[:2].isupper() else word[:1].lower() + word[1:] for word in words)


def sentence(text: str) -> str:
    """Begin a text with a capital."""
    return text[:1].upper() + text[1:]


def flips(check: Found) -> str:
    """Say for which smallest effects a check would decide otherwise."""
    unit, found = check["unit"], check["flips"]
    says = []
    if found.get("supports_to") is not None:
        upto = words.amount(found["supports_to"], unit, difference=True)
        says.append(f"supports for any smallest effect up to {upto}")
    if found.get("contradicts_from") is not None:
        above = words.amount(found["contradicts_from"], unit, difference=True)
        says.append(f"contradicts above {above}")
    return ", ".join(says) or "decides in the same way for any smallest effect"


def rests_on(check: Found, names: Mapping[str, str]) -> str:
    """Say what a check's estimate owes to single economies, and what it could have seen."""
    says, unit = [], check["unit"]
    if found := check.get("influence"):
        ends = words.interval({**found, "value": found["low"], "unit": unit})
        who = names.get(found["most"], found["most"])
        alone = ""
        if found.get("without") is not None:
            alone = f" (without it {words.amount(found['without'], unit)})"
        says.append(
            f"Without any one economy the estimate lies at {ends}; {who} moves it most{alone}."
        )
        if tipping := found.get("tipping"):
            who = ", ".join(names.get(code, code) for code in tipping)
            says.append(
                f"Removing {'this 1' if len(tipping) == 1 else f'these {len(tipping)}'} is "
            )
            says[-1] += f"enough to change the outcome: {who}."
        elif "tipping" in found:
            says.append("Removing up to five, in order of influence, does not change the outcome.")
    if check.get("detectable") is not None:
        says.append(
            f"It finds an effect of {words.amount(check['detectable'], unit, difference=True)} "
            "four times in five."
        )
    if check.get("effective_n") is not None:
        says.append(f"By weight it counts about {check['effective_n']:.0f} economies.")
    return " ".join(says)


def declared(found: Found) -> str:
    """Say when a claim or check was declared, and what that is worth."""
    says = [f"Declared on {found['date']}."]
    if found.get("changed"):
        says.append(_later("Changed", found["changed"]))
    if found.get("after_first_run"):
        says.append(_later("Added or changed after its first run", found["after_first_run"]))
    if found.get("seen") in (True, "yes"):
        says.append(
            "Declared after looking: this prevents silent change from here on, it is not "
            "preregistration; the dates are the repository’s own."
        )
    return " ".join(says)


def _later(what: str, when: Any) -> str:
    return f"{what}: {when}." if isinstance(when, str) else f"{what}."
