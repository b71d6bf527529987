"""The price table: what AWS asks for, as far as prices.toml holds it. What it does not hold has no price."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Prices:
    """Prices in US dollars in one region. None is an unknown price, never a price of 0."""

    region: str
    raw: Mapping[str, Any]

    @property
    def taken(self) -> date:
        """The day on which the prices were taken."""
        found: date = self.raw["taken"]
        return found

    @property
    def hours(self) -> float:
        """Hours of a month, as AWS's calculator counts them."""
        return float(self.raw["hours_a_month"])

    @property
    def assumptions(self) -> Mapping[str, float]:
        return {name: float(value) for name, value in self.raw["assumptions"].items()}

    @property
    def free_types(self) -> frozenset[str]:
        """Resource types that cost nothing while nothing happens."""
        return frozenset(self.raw["free"]["types"])

    def of(self, name: str) -> float | None:
        """Return a price by its name in the table; None where the region has none."""
        found = self._regional.get(name)
        if found is None and self._regional:  # what costs the same everywhere does so in regions we know
            found = self.raw["everywhere"].get(name)
        return None if found is None else float(found)

    def instance(self, kind: str) -> float | None:
        """Return the price of an endpoint's instance for an hour."""
        found = self._regional.get("instances", {}).get(kind)
        return None if found is None else float(found)

    @property
    def _regional(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.raw["regions"].get(self.region, {})
        return found


@lru_cache(maxsize=8)
def prices(region: str) -> Prices:
    """Return the prices of a region; of one that the table does not hold, all are unknown."""
    return Prices(region, tomllib.loads(TABLE.read_text()))
