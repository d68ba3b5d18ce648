"""Units of answers: read, compared by dimension, converted. The table is `units.toml`."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from masterx.practice.grading.exact import Value

_TERM = re.compile(
    r"(?P<op>[*/.]|per\b)?\s*(?P<power>square|sq\.?|cubic|cu\.?)?\s*"
    r"(?P<name>[°$€£¥₹¢%]?\s?[A-Za-zµμΩℓ]+\$?|[°$€£¥₹¢%])\s*(?P<squared>squared|cubed)?"
    r"(?:\^?\s*\(?(?P<exponent>-?\d)\)?)?\s*"
)
_MAX_MEANINGS = 64


@dataclass(frozen=True, slots=True)
class Unit:
    """`value * factor + offset` is in base units."""

    name: str
    factor: Value
    dimensions: tuple[tuple[str, int], ...]
    offset: Fraction = Fraction(0)

    def kind(self) -> str:
        """`a length`, or the unit's name where its dimension has none."""
        key = ",".join(f"{name}={power}" for name, power in self.dimensions)
        return _dimension_names().get(key, f"{self.name}")

    def convert(self, amount: Value, to: Unit) -> Value:
        """The same amount in another unit of this dimension."""
        factors = (self.factor, to.factor)
        if all(isinstance(factor, Fraction) for factor in factors) and isinstance(amount, Fraction):
            return (amount * self.factor + self.offset - to.offset) / to.factor
        if self.factor == to.factor:
            return amount
        return (float(amount) * float(self.factor) + float(self.offset) - float(to.offset)) / float(to.factor)


def read_unit(text: str, like: Unit | None = None) -> Unit | None:
    """The unit that the whole text is; of several meanings the one with the dimension of `like`, else the first."""
    text = re.sub(r"\s+", " ", text.strip().strip(".,;")).strip()
    if not text or len(text) > 60:
        return None
    found = _table().get(text) or _table().get(_singular(text)) or _terms(text)
    if like is not None:
        found = [unit for unit in found if unit.dimensions == like.dimensions] or found
    return found[0] if found else None


def units_in(text: str) -> list[Unit]:
    """Units that a question names by whole words or in its amounts."""
    spots = re.findall(r"[A-Za-zµμΩ°%$€£¥₹²³^/\d]+", text)
    found = []
    for spot in spots:
        bare = spot.strip("0123456789") if not re.search(r"[A-Za-z][\d^]", spot) else spot.lstrip("0123456789")
        if (len(bare) > 1 and bare != "in") or bare in {
            "m",
            "s",
            "g",
            "h",
            "L",
            "J",
            "N",
            "W",
            "V",
            "K",
            "%",
            "$",
            "€",
            "£",
            "°",
        }:
            found += [unit] if (unit := read_unit(bare)) else []
    return found


def _terms(text: str) -> list[Unit]:
    """`m/s^2`, `kg m^2 / s^2`, `square metres`, `metres per second`."""
    place = 0
    terms: list[tuple[list[Unit], int]] = []
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None or (term["op"] and not terms):
            return []
        meanings = _meanings(term["name"])
        exponent = _exponent(term)
        if not meanings or exponent is None or len(terms) > 6:
            return []
        terms.append((meanings, -exponent if term["op"] in {"/", "per"} else exponent))
        place = term.end()
    choices = itertools.islice(itertools.product(*(meanings for meanings, _ in terms)), _MAX_MEANINGS)
    exponents = [exponent for _, exponent in terms]
    return [_product(text, units, exponents) for units in choices]


def _meanings(name: str) -> list[Unit]:
    name = name.replace(" ", "")
    return _table().get(name) or _table().get(_singular(name)) or []


def _exponent(term: re.Match[str]) -> int | None:
    given = [
        {"s": 2, "c": 3}[term["power"][0]] if term["power"] else None,
        {"squared": 2, "cubed": 3}[term["squared"]] if term["squared"] else None,
        int(term["exponent"]) if term["exponent"] else None,
    ]
    exponents = [exponent for exponent in given if exponent is not None]
    return 1 if not exponents else exponents[0] if len(exponents) == 1 else None


def _product(text: str, units: tuple[Unit, ...], exponents: list[int]) -> Unit:
    if len(units) == 1 and exponents == [1]:
        return units[0]
    factor: Value = Fraction(1)
    dimensions: dict[str, int] = {}
    for unit, exponent in zip(units, exponents, strict=True):
        factor *= unit.factor**exponent
        for name, power in unit.dimensions:
            dimensions[name] = dimensions.get(name, 0) + power * exponent
    return Unit(text, factor, tuple(sorted((name, power) for name, power in dimensions.items() if power)))


def _singular(name: str) -> str:
    """Each word of a long name in the singular; symbols are not touched, for `Nm` is not `nm`."""
    return " ".join(_singular_word(word) for word in name.lower().split()) if len(name) > 3 else name


def _singular_word(name: str) -> str:
    if name in _table():
        return name
    for ending, instead in (("inches", "inch"), ("ies", "y"), ("s", "")):
        if name.endswith(ending) and len(name) > 3:
            return name.removesuffix(ending) + instead
    return name


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("masterx.practice.grading").joinpath("units.toml").read_text("utf-8"))


@cache
def _dimension_names() -> Mapping[str, str]:
    articles = {"area": "an", "acceleration": "an", "energy": "an", "angle": "an"}
    return {
        key: name if name.startswith("a ") else f"{articles.get(name, 'a')} {name}"
        for name, key in _data()["dimension_names"].items()
    }


@cache
def _table() -> dict[str, list[Unit]]:
    table: dict[str, list[Unit]] = {}
    prefixes = _data()["prefix"]
    for row in _data()["unit"]:
        factor: Value = math.pi / 180 if row["factor"] == "pi/180" else Fraction(row["factor"])
        offset = Fraction(row.get("offset", 0))
        dimensions = tuple(sorted(row["dimensions"].items()))
        first = row["symbols"][0]
        for name in [*row["symbols"], *row["names"]]:
            table.setdefault(name, []).append(Unit(first, factor, dimensions, offset))
        if row.get("prefixes"):
            before = [(prefixes["symbols"], row["symbols"]), (prefixes["names"], row["names"])]
            for sizes, names in before:
                for (prefix, size), name in itertools.product(sizes.items(), names):
                    table.setdefault(prefix + name, []).append(
                        Unit(f"{prefix}{name}", factor * Fraction(size), dimensions)
                    )
    return table
