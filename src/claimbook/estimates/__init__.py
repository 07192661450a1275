"""Estimates: a value with its 95 % interval, the number of economies behind it, and its unit.

Intervals are seeded percentile bootstraps over economies (``scipy.stats.bootstrap``; Efron, Annals
of Statistics 7(1), 1979) or cluster-robust ones (``statsmodels``). The percentile interval is used
because the jackknife behind BCa intervals is unsound for medians. Economies are sorted first: the
order of rows alone would otherwise move an interval, and near zero an outcome.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

DRAWS = 9_999
SEED = 2014
CONFIDENCE = 0.95
MIN_ECONOMIES = 10
DIGITS = 6


def rounded(number: float) -> float:
    """Round to six significant digits, so that last-bit differences between platforms vanish.

    Parameters
    ----------
    number : float
        Any finite number, in any unit.

    Returns
    -------
    float
        The number with six significant digits; never negative zero.
    """
    return float(f"{number:.{DIGITS}g}") + 0.0


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Parameters
    ----------
    value, low, high : float
        The estimate and the ends of its 95 % interval, in ``unit``; equal for an exact quantity.
    n : int
        Number of economies (or economy-windows) behind it.
    unit : str
        Unit of the three numbers.
    economies : pandas.Series
        What each economy contributes, by iso3 code; may be empty.
    exact : bool
        Whether it is an exact share or total, without an interval from sampling.
    effective_n : float, optional
        Effective number of economies, where weights are used.

    Raises
    ------
    ValueError
        If a number is not finite or the value lies outside its interval's order.
    """

    value: float
    low: float
    high: float
    n: int
    unit: str
    economies: pd.Series = field(default_factory=lambda: pd.Series(dtype=float), compare=False)
    exact: bool = False
    effective_n: float | None = None

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if not math.isfinite(number):
                raise ValueError(f"An estimate's {name} is {number}: it must be a finite number.")
            object.__setattr__(self, name, rounded(number))
        if self.low > self.high:
            raise ValueError(f"An estimate's interval is [{self.low}, {self.high}]: turn it round.")

    def as_dict(self) -> dict[str, Any]:
        """Return value, low, high, n and unit as plain JSON.

        Returns
        -------
        dict
            Without the values by economy.
        """
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "unit": self.unit,
        }

    def __str__(self) -> str:
        interval = f"95 % interval {self.low:g} to {self.high:g}"
        return f"{self.value:g} {self.unit} [{interval}], n = {self.n}"


def median(values: pd.Series, unit: str) -> Estimate | None:
    """Median over economies, with a bootstrap interval.

    Parameters
    ----------
    values : pandas.Series
        One value an economy, index iso3; NaN is left out.
    unit : str
        Unit of the values.

    Returns
    -------
    Estimate or None
        None with fewer than ten economies: resampling so few says nothing of their spread.
    """
    return _bootstrapped(values.dropna(), unit, np.median)


def mean(values: pd.Series, unit: str, weights: pd.Series | None = None) -> Estimate | None:
    """Mean over economies, plain or weighted, with a bootstrap interval.

    Weights travel with their economy when economies are resampled.

    Parameters
    ----------
    values : pandas.Series
        One value an economy, index iso3; NaN is left out.
    unit : str
        Unit of the values.
    weights : pandas.Series, optional
        Weights by economy, any positive unit; an economy without one is left out.

    Returns
    -------
    Estimate or None
        None with fewer than ten economies.
    """
    if weights is None:
        return _bootstrapped(values.dropna(), unit, np.mean)
    both = pd.DataFrame({"value": values, "weight": weights}).dropna()
    return _bootstrapped(both["value"], unit, _weighted_mean, both["weight"])


def share(members: pd.Series, unit: str = "share of economies") -> Estimate | None:
    """Share of economies for which something holds, with a bootstrap interval.

    Where it holds for all or for none, resampling has no spread; Wilson's interval (Wilson, JASA
    22, 1927; ``scipy.stats.binomtest``) stands in, so that a unanimous sample is not taken for
    certainty.

    Parameters
    ----------
    members : pandas.Series
        True or False by economy, index iso3.
    unit : str
        Unit to print.

    Returns
    -------
    Estimate or None
        A share between 0 and 1; None with fewer than ten economies.
    """
    values = members.dropna().astype(float)
    if len(values) >= MIN_ECONOMIES and values.nunique() == 1:
        test = stats.binomtest(int(values.sum()), len(values))
        interval = test.proportion_ci(CONFIDENCE, method="wilson")
        return Estimate(
            values.mean(), interval.low, interval.high, len(values), unit, values.sort_index()
        )
    return _bootstrapped(values, unit, np.mean)


def exact(value: float, unit: str, n: int, economies: pd.Series | None = None) -> Estimate:
    """An exact quantity, such as a share of a world total: its interval is the value itself.

    Parameters
    ----------
    value : float
        The quantity, in ``unit``.
    unit : str
        Its unit.
    n : int
        Number of economies in the total.
    economies : pandas.Series, optional
        What each contributes.

    Returns
    -------
    Estimate
        With ``low == high == value``.
    """
    parts = pd.Series(dtype=float) if economies is None else economies.sort_index()
    return Estimate(value, value, value, n, unit, parts, exact=True)


def slope(
    y: pd.Series,
    x: pd.DataFrame | pd.Series,
    unit: str,
    *,
    cluster: pd.Series | None = None,
) -> Estimate | None:
    """Least-squares slope of y on the first column of x, the other columns held.

    The interval is heteroskedasticity-robust (HC3; Long and Ervin, American Statistician 54(3),
    2000), or cluster-robust where ``cluster`` is given (``statsmodels`` OLS).

    Parameters
    ----------
    y : pandas.Series
        Outcome, one row an economy (or economy-window).
    x : pandas.Series or pandas.DataFrame
        The regressor, or several: the slope is the first one's. Same index as ``y``.
    unit : str
        Unit of the slope: that of y per unit of x.
    cluster : pandas.Series, optional
        Group of each row, such as the economy in a panel.

    Returns
    -------
    Estimate or None
        ``n`` counts rows (or clusters, where given); None with fewer than ten, or where x does not
        vary.
    """
    regressors = x.to_frame() if isinstance(x, pd.Series) else x
    table = pd.concat([y.rename("y"), regressors], axis="columns")
    if cluster is not None:
        table = table.assign(cluster=cluster)
    table = table.dropna().sort_index()
    first = regressors.columns[0]
    n = len(table) if cluster is None else table["cluster"].nunique()
    if n < MIN_ECONOMIES or table[first].nunique() < 2:
        return None
    import statsmodels.api as sm  # takes a second: only chapters with a slope pay for it

    model = sm.OLS(table["y"], sm.add_constant(table[list(regressors.columns)]))
    if cluster is None:
        fit = model.fit(cov_type="HC3", use_t=True)
    else:
        groups = pd.factorize(table["cluster"])[0]
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fit.conf_int(1 - CONFIDENCE).loc[first]
    parts = table["y"] if cluster is None else pd.Series(dtype=float)
    return Estimate(fit.params[first], low, high, n, unit, parts)


def rank_slope(y: pd.Series, x: pd.Series, unit: str) -> Estimate | None:
    """Slope of the middle pair: the median of the slopes between every two economies.

    A few extreme values cannot turn it round. The interval rests on ranks (Sen, JASA 63, 1968;
    ``scipy.stats.theilslopes``).

    Parameters
    ----------
    y : pandas.Series
        Outcome, one row an economy.
    x : pandas.Series
        The regressor, same index.
    unit : str
        Unit of the slope: that of y per unit of x.

    Returns
    -------
    Estimate or None
        None with fewer than ten economies, or where x does not vary.
    """
    table = pd.DataFrame({"y": y, "x": x}).dropna().sort_index()
    if len(table) < MIN_ECONOMIES or table["x"].nunique() < 2:
        return None
    found = stats.theilslopes(table["y"], table["x"], alpha=CONFIDENCE)
    return Estimate(found.slope, found.low_slope, found.high_slope, len(table), unit, table["y"])


def panel_slope(y: pd.Series, x: pd.Series, unit: str) -> Estimate | None:
    """Slope within economies over periods, what is common to all economies in a period set aside.

    Each economy is held against its own mean, and each period has its own level (economy and
    period effects, by the within transformation). The interval is clustered by economy; effects
    that lie within clusters take no degrees of freedom (Cameron and Miller, Journal of Human
    Resources 50(2), 2015).

    Parameters
    ----------
    y : pandas.Series
        Outcome, index (economy, period).
    x : pandas.Series
        The regressor, same index.
    unit : str
        Unit of the slope: that of y per unit of x.

    Returns
    -------
    Estimate or None
        ``n`` counts economies with at least two periods; those with one say nothing of a change.
        None with fewer than ten, or where x varies within none. By economy: y in its last period
        less y in its first.
    """
    table = pd.DataFrame({"y": y, "x": x}).dropna().sort_index()
    table = table[table.groupby(level=0)["y"].transform("size") > 1]
    periods = pd.get_dummies(table.index.get_level_values(1), drop_first=True, dtype=float)
    within = table.join(periods.set_index(table.index))
    within -= within.groupby(level=0).transform("mean")
    if np.allclose(within["x"], 0):
        return None
    economy = pd.Series(table.index.get_level_values(0), index=table.index)
    found = slope(within["y"], within.drop(columns="y"), unit, cluster=economy)
    if found is None:
        return None
    ends = table["y"].groupby(level=0).agg(["first", "last"])
    return replace(found, economies=ends["last"] - ends["first"])


def _weighted_mean(values: np.ndarray, weights: np.ndarray, axis: int = -1) -> np.ndarray:
    return (values * weights).sum(axis=axis) / weights.sum(axis=axis)


def _bootstrapped(
    values: pd.Series, unit: str, statistic: Callable[..., Any], weights: pd.Series | None = None
) -> Estimate | None:
    if len(values) < MIN_ECONOMIES:
        return None
    values = values.sort_index()
    sample = [values.to_numpy(dtype=float)]
    if weights is not None:
        sample.append(weights.loc[values.index].to_numpy(dtype=float))
    interval = stats.bootstrap(
        sample,
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=DRAWS,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Estimate(
        float(statistic(*sample)), interval.low, interval.high, len(values), unit, values
    )
