"""How far a share that was counted on a few pictures may be from the true one."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054  # the standard normal's 97.5 % quantile: two-sided 95 %


@dataclass(frozen=True)
class Proportion:
    """`successes` of `total`, with the 95 % Wilson interval around their share.

    `share`, `low` and `high` are fractions of 1, and None when nothing was counted.
    """

    successes: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.total:
            raise ValueError(f"{self.successes} of {self.total} is not a proportion")

    @property
    def share(self) -> float | None:
        return self.successes / self.total if self.total else None

    @property
    def low(self) -> float | None:
        return wilson_interval(self.successes, self.total)[0] if self.total else None

    @property
    def high(self) -> float | None:
        return wilson_interval(self.successes, self.total)[1] if self.total else None


def wilson_interval(successes: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion, as fractions of 1; ValueError when total is 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), 209-212; recommended for small samples by L. D. Brown,
    T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16
    (2001), 101-133, equation 4. Unlike the textbook interval it stays inside 0 to 1.
    """
    if total <= 0:
        raise ValueError("an interval needs at least one observation")
    share = successes / total
    weight = 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / weight
    half_width = z / weight * sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    # At 0 of n and n of n the exact bounds are 0 and 1; arithmetic leaves a rounding error there.
    low = 0.0 if successes == 0 else centre - half_width
    high = 1.0 if successes == total else centre + half_width
    return low, high
