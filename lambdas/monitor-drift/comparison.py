"""How much the captures of a window differ from the model's baseline, and whether by more than chance.

Two limits have to be crossed before anything is called drift. One says what matters: a population stability
index (PSI) of 0.25 is the usual sign of a major shift, from credit scoring (N. Siddiqi, Credit Risk
Scorecards, 2006). The other says what chance does not do: with 100 pictures against a baseline of 100, ten
bins have a PSI of 0.18 on the average though nothing has changed at all, and 0.25 in every fifth window. So
each measure also has a critical value for the two numbers of pictures, which chance hardly ever crosses.

Class share has a limit of its own. A validation split is cut to equal parts, customers are not: a PSI of 0.25
is three bicycles to one motorcycle, and says nothing of the model. Of two classes in equal parts, 1 is twelve
answers to one, as of a model that says the same of everything.
"""

import math
from collections import Counter
from statistics import NormalDist
from typing import NamedTuple

from window import STATISTICS, is_share, step

BINS = 10
# How often chance alone may cross one measure's critical value.
ALPHA = 0.0001
COLOURS = ("red", "green", "blue")


class Limits(NamedTuple):
    """What matters: PSI, Kolmogorov-Smirnov distance, rise of the out-of-domain rate; how many it takes.

    `class_share` is a PSI; None where it is measured and never drift.
    """

    psi: float = 0.25
    class_share: float | None = 1.0
    ks: float = 0.2
    rise: float = 0.1
    minimum_inferences: int = 30


class Baseline(NamedTuple):
    """What the model answered on its validation split, as counts by step; what it left out is empty."""

    pictures: int
    confidence: Counter
    class_share: list
    statistics: dict
    scores: list

    @classmethod
    def checked(cls, content):
        """The content of a baseline.json. Raises ValueError, TypeError, KeyError or AttributeError."""
        pictures, share = content["pictures"], content.get("class_share") or []
        statistics, scores = content.get("statistics") or {}, content.get("out_of_domain") or []
        if type(pictures) is not int or pictures < 1:
            raise ValueError("pictures is no number of pictures")
        if not all(map(is_share, share)) or (share and abs(sum(share) - 1) > 0.01):
            raise ValueError("class_share is no list of shares that make a whole")
        return cls(
            pictures,
            _counted(content.get("confidence")),
            list(share),
            {name: _counted(statistics.get(name)) for name in STATISTICS},
            _shares(scores),
        )


def _counted(values):
    return Counter(map(step, _shares(values or [])))


def _shares(values):
    if not all(map(is_share, values)):
        raise ValueError("a value is not from 0 to 1")
    return list(values)


def compare(seen, baseline, limits):
    """The measures by their metric's name, what each may be, which are beyond it, and the verdict.

    `measures` has None for what one of the two sides does not tell, `limits` what a measure has to be above
    to count as drift. `drifted` is None where there are too few inferences or nothing to compare.
    """
    rate, base_rate = _rates(seen, baseline)
    measures = dict.fromkeys(
        ("ConfidencePSI", "ConfidenceKS", "ClassSharePSI", "BrightnessPSI", "ColourPSI", "OutOfDomainRate")
    )
    allowed = {}
    if seen.inferences < limits.minimum_inferences:
        return _verdict(measures, allowed, [], f"a verdict takes {limits.minimum_inferences} inferences")
    measures["OutOfDomainRate"] = rate
    if baseline is None:
        return _verdict(measures, allowed, [], "the model has no baseline")
    sizes = (seen.inferences, baseline.pictures)
    if baseline.confidence:
        measures["ConfidencePSI"], allowed["ConfidencePSI"] = _psi(
            baseline.confidence, seen.confidences, limits.psi
        )
        measures["ConfidenceKS"] = ks_distance(baseline.confidence, seen.confidences)
        allowed["ConfidenceKS"] = max(limits.ks, ks_critical(*sizes))
    if len(baseline.class_share) > 1:
        labels = range(max(len(baseline.class_share), max(seen.classes) + 1))
        expected = [round(share * baseline.pictures) for share in baseline.class_share]
        expected += [0] * (len(labels) - len(expected))
        measures["ClassSharePSI"] = psi(expected, [seen.classes[label] for label in labels])
        if limits.class_share is not None:
            allowed["ClassSharePSI"] = max(limits.class_share, psi_critical(len(labels), *sizes))
    for metric, names in (("BrightnessPSI", ("brightness",)), ("ColourPSI", COLOURS)):
        if all(baseline.statistics[name] and seen.statistics[name] for name in names):
            each = [_psi(baseline.statistics[name], seen.statistics[name], limits.psi) for name in names]
            measures[metric] = sum(value for value, _ in each) / len(each)
            allowed[metric] = max(limit for _, limit in each)
    if rate is not None and base_rate is not None:
        critical = rise_critical(rate, seen.scored, base_rate, len(baseline.scores))
        allowed["OutOfDomainRate"] = base_rate + max(limits.rise, critical)
    beyond = [name for name, limit in allowed.items() if measures[name] > limit]
    return _verdict(
        measures, allowed, beyond, None if allowed else "the baseline and the captures share nothing"
    )


def _verdict(measures, allowed, beyond, undecided):
    return {
        "drifted": None if undecided else bool(beyond),
        "undecided": undecided,
        "beyond": beyond,
        "measures": {name: None if value is None else round(value, 6) for name, value in measures.items()},
        "limits": {name: round(value, 6) for name, value in allowed.items()},
    }


def _rates(seen, baseline):
    """The shares of pictures with a score above the limit, now and in the baseline; None where not known."""
    limit = seen.out_of_domain_limit
    if limit is None or not seen.scored:
        return None, None
    rate = seen.above_limit / seen.scored
    if baseline is None or not baseline.scores:
        return rate, None
    return rate, sum(score > limit for score in baseline.scores) / len(baseline.scores)


# --- Measures --------------------------------------------------------------------------------------------


def _psi(expected, actual, limit):
    """The PSI over the baseline's deciles, and what it has to be above to count."""
    edges = decile_edges(expected)
    counts = [binned(edges, side) for side in (expected, actual)]
    return psi(*counts), max(limit, psi_critical(len(edges) + 1, actual.total(), expected.total()))


def decile_edges(counts):
    """The values that part a sample into ten bins of about as many each, fewer where a value is frequent.

    A value that fills more than a tenth is the end of one bin only.
    """
    total, passed, edges = counts.total(), 0, []
    highest = max(counts)
    for value in sorted(counts):
        passed += counts[value]
        if value < highest and passed * BINS >= (len(edges) + 1) * total:
            edges.append(value)
            while passed * BINS >= (len(edges) + 1) * total and len(edges) < BINS - 1:
                edges.append(value)
    return sorted(set(edges))


def binned(edges, counts):
    """How many values are in each bin: up to the first edge, up to the second, ..., above the last."""
    bins = [0] * (len(edges) + 1)
    for value, times in counts.items():
        bins[sum(edge < value for edge in edges)] += times
    return bins


def psi(expected, actual):
    """The population stability index of two lists of counts over the same bins.

    PSI = sum over the bins of (a - e) * ln(a / e), where e and a are the bin's shares (Siddiqi 2006; it is
    Jeffreys' divergence, H. Jeffreys 1946). Half a picture is added to each bin, so that one that is empty is
    finite (Jeffreys' prior).
    """
    size, whole_e, whole_a = len(expected), sum(expected), sum(actual)
    shares = [
        ((e + 0.5) / (whole_e + size / 2), (a + 0.5) / (whole_a + size / 2))
        for e, a in zip(expected, actual, strict=True)
    ]
    return sum((a - e) * math.log(a / e) for e, a in shares)


def psi_critical(bins, first, second):
    """What chance crosses in one of 1 / ALPHA comparisons of samples of these sizes.

    Where nothing has changed, PSI / (1 / first + 1 / second) is distributed as chi-squared with bins - 1
    degrees of freedom (B. Yurdakul, J. Naranjo, Statistical properties of the population stability index,
    Journal of Risk Model Validation, 2020).
    """
    return (1 / first + 1 / second) * chi_squared_quantile(1 - ALPHA, bins - 1) if bins > 1 else 0.0


def chi_squared_quantile(probability, degrees):
    """Wilson's and Hilferty's approximation (1931), a third power of a normal variable; exact for one."""
    if degrees == 1:
        return NormalDist().inv_cdf((1 + probability) / 2) ** 2
    part = 2 / (9 * degrees)
    return degrees * (1 - part + NormalDist().inv_cdf(probability) * math.sqrt(part)) ** 3


def ks_distance(first, second):
    """The largest distance between two samples' distribution functions (Kolmogorov 1933, Smirnov 1948)."""
    below_first = below_second = 0
    distance = 0.0
    for value in sorted(first.keys() | second.keys()):
        below_first += first[value]
        below_second += second[value]
        distance = max(distance, abs(below_first / first.total() - below_second / second.total()))
    return distance


def ks_critical(first, second):
    """What chance crosses in one of 1 / ALPHA comparisons: sqrt(-ln(ALPHA / 2) / 2 * (1 / n + 1 / m)).

    Smirnov's two-sample limit (D. Knuth, The Art of Computer Programming, volume 2, 3.3.1).
    """
    return math.sqrt(-math.log(ALPHA / 2) / 2 * (1 / first + 1 / second))


def rise_critical(rate, number, base_rate, base_number):
    """What chance raises a rate by in one of 1 / ALPHA comparisons: the one-sided two-proportion z-test."""
    pooled = (rate * number + base_rate * base_number) / (number + base_number)
    error = math.sqrt(pooled * (1 - pooled) * (1 / number + 1 / base_number))
    return NormalDist().inv_cdf(1 - ALPHA) * error
