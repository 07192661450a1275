"""Slopes: by least squares, by ranks, and within economies over periods."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from claimbook.estimates.estimate import (
    CONFIDENCE,
    MIN_ECONOMIES,
    Estimate,
    EstimateError,
    ValueWithout,
    numbers,
)

# As in R's lm: what the other columns leave of a column must exceed this part of its length.
TOLERANCE = 1e-7


def slope(
    y: pd.Series, x: pd.DataFrame | pd.Series, unit: str, *, cluster: pd.Series | None = None
) -> Estimate | None:
    """Least-squares slope of y on the first column of x, the other columns held.

    The interval is heteroskedasticity-robust (HC3, Student's t), or cluster-robust where
    ``cluster`` is given (Student's t with one degree of freedom less than there are clusters). All
    columns are centred and scaled before they are fitted, so that units change nothing.

    Parameters
    ----------
    y : pandas.Series
        Outcome, one row an economy (or economy-window).
    x : pandas.Series or pandas.DataFrame
        The regressor, or several: the slope is the first one's. Same index as ``y``, any names.
    unit : str
        Unit of the slope: that of y per unit of x.
    cluster : pandas.Series, optional
        Group of each row, such as the economy in a panel.

    Returns
    -------
    Estimate or None
        ``n`` counts rows (or clusters, where given); None with fewer than ten, or where the first
        column does not vary.

    Raises
    ------
    EstimateError
        If a number is infinite, if a column does not vary or follows from the others (then no
        column has a slope of its own), or if, without clusters, a row alone decides a coefficient
        (its leverage is one: HC3 is not defined).

    References
    ----------
    Long, J. S. and Ervin, L. H. (2000), "Using heteroscedasticity consistent standard errors in the
    linear regression model", The American Statistician 54(3), 217-224.
    Cameron, A. C. and Miller, D. L. (2015), "A practitioner's guide to cluster-robust inference",
    Journal of Human Resources 50(2), 317-372.
    """
    columns = [x] if isinstance(x, pd.Series) else [column for _, column in x.items()]
    names = [_name(column, "The regressor") for column in columns]
    numbered = None if cluster is None else pd.Series(pd.factorize(cluster)[0], cluster.index)
    groups = [] if numbered is None else [numbered.where(cluster.notna())]
    table = _complete([_name(y, "The outcome"), *names], y, *columns, *groups)
    values = table.to_numpy()[:, : 1 + len(names)]
    codes = table.to_numpy()[:, -1].astype(int) if groups else None
    n = len(table) if codes is None else len(np.unique(codes))
    if n < MIN_ECONOMIES or not _varies(values[:, 1]):
        return None
    outcome, design, per_unit = _scaled(values)
    _refuse_dependent(design, names)

    from statsmodels.regression.linear_model import OLS  # slow to import

    model = OLS(outcome, design)
    if codes is not None:
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": codes})
        return Estimate(*_interval(fit, n - 1, per_unit), n, unit)
    _refuse_leverage_one(design, table.index)
    fit = model.fit(cov_type="HC3")
    without = ValueWithout(partial(_least_squares, names), table)
    ends = _interval(fit, fit.df_resid, per_unit)
    return Estimate(*ends, n, unit, table[0], value_without=without)


def rank_slope(y: pd.Series, x: pd.Series, unit: str) -> Estimate | None:
    """Slope of the middle pair: the median of the slopes between every two economies.

    A few extreme values cannot turn it round. The interval rests on ranks.

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
        None with fewer than ten economies, or where x does not vary or so many values are tied
        that the ranks have no spread.

    Raises
    ------
    EstimateError
        If a number is infinite.

    References
    ----------
    Sen, P. K. (1968), "Estimates of the regression coefficient based on Kendall's tau", Journal of
    the American Statistical Association 63(324), 1379-1389 (``scipy.stats.theilslopes``).
    """
    table = _complete([_name(y, "The outcome"), _name(x, "The regressor")], y, x)
    if len(table) < MIN_ECONOMIES or not _varies(table[1].to_numpy()):
        return None
    from scipy.stats import theilslopes  # slow to import

    told = _without_noise(table)
    with np.errstate(invalid="ignore"):
        found = theilslopes(told[0], told[1], alpha=CONFIDENCE)
    if np.isnan(found.low_slope):
        return None
    ends = found.low_slope, found.high_slope, len(table), unit, table[0]
    return Estimate(found.slope, *ends, value_without=ValueWithout(_middle_slope, told))


def panel_slope(y: pd.Series, x: pd.Series, unit: str) -> Estimate | None:
    """Slope within economies over periods, what is common to all economies in a period set aside.

    Each economy is held against its own mean, and each period has its own level (economy and
    period effects, by the within transformation). The interval is clustered by economy; effects
    that lie within clusters take no degrees of freedom.

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

    Raises
    ------
    EstimateError
        If a number is infinite, or x moves alike in all economies.

    References
    ----------
    Cameron, A. C. and Miller, D. L. (2015), "A practitioner's guide to cluster-robust inference",
    Journal of Human Resources 50(2), 317-372.
    """
    table = _complete([_name(y, "The outcome"), _name(x, "The regressor")], y, x)
    economies, _ = _numbered(table.index, 0)
    table = table[np.bincount(economies)[economies] > 1]
    economies, names = _numbered(table.index, 0)
    outcome, moves = _within(table.to_numpy(), economies).T
    still = np.linalg.norm(moves) <= TOLERANCE * np.linalg.norm(table[1])
    if len(names) < MIN_ECONOMIES or still:
        return None
    periods = _period_effects(economies, _numbered(table.index, 1)[0])
    if _dependence(_with_last(periods, moves), periods.shape[1]) is not None:
        raise EstimateError(
            f"{_name(x, 'The regressor')} moves alike in all economies: what is common to a period "
            "is set aside, and nothing of it is left. Choose one that differs between economies."
        )
    held = pd.DataFrame(np.column_stack([outcome, moves, periods]), table.index)
    group = pd.Series(economies, index=table.index)
    found = slope(held[0], held.drop(columns=0), unit, cluster=group)
    levels, first = table[0].to_numpy(), _firsts(economies)
    last = np.append(first[1:], len(levels)) - 1
    moved = pd.Series(levels[last] - levels[first], names)
    without = ValueWithout(_least_squares_within, held)
    return replace(found, economies=moved, value_without=without)


def _interval(fit: Any, freedom: float, per_unit: float) -> tuple[float, float, float]:
    """Return the first regressor's slope and the ends that ``conf_int`` of its fit would give."""
    from scipy.special import stdtrit  # Student's quantiles, without the cost of scipy.stats

    half = stdtrit(freedom, (1 + CONFIDENCE) / 2) * fit.bse[1]
    return tuple(end * per_unit for end in fit.params[1] + np.array([0, -half, half]))


def _least_squares(names: list[str], table: pd.DataFrame) -> float | None:
    """Return the first regressor's slope, or None where :func:`slope` gives no estimate."""
    values = table.to_numpy()
    if not _varies(values[:, 1]):
        return None
    outcome, design, per_unit = _scaled(values)
    _refuse_dependent(design, names)
    _refuse_leverage_one(design, table.index)
    return np.linalg.lstsq(design, outcome)[0][1] * per_unit


def _least_squares_within(held: pd.DataFrame) -> float | None:
    """Return the slope within economies, of columns held against each economy's own mean."""
    outcome, moves, periods = np.split(held.to_numpy(), [1, 2], axis=1)
    if not moves.any():
        return None
    if _dependence(_with_last(periods, moves[:, 0]), periods.shape[1]) is not None:
        return None
    return np.linalg.lstsq(np.column_stack([periods, moves]), outcome[:, 0])[0][-1]


def _middle_slope(table: pd.DataFrame) -> float | None:
    """Return the median of the slopes between every two economies."""
    one, other = np.triu_indices(len(table), k=1)
    rise, run = (part[one] - part[other] for part in table.to_numpy().T)
    return np.median(rise[run != 0] / run[run != 0]) if run.any() else None


def _without_noise(table: pd.DataFrame) -> pd.DataFrame:
    """Make values equal that the order of a sum alone sets apart: a pair of them has no slope."""
    values = table.to_numpy()
    largest = np.abs(values).max(axis=0)
    largest[largest == 0] = 1
    return pd.DataFrame((values / largest).round(12) * largest, table.index)


def _complete(names: list[str], *columns: pd.Series) -> pd.DataFrame:
    """Return the rows that lack nothing, in the order of the index; an infinite one is refused."""
    # Columns are numbered, so that no name can be taken for another.
    if all(one.index.equals(columns[0].index) for one in columns):  # a tenth of the time
        values = np.column_stack([one.to_numpy(float, na_value=np.nan) for one in columns])
        table = pd.DataFrame(values, columns[0].index)
    else:
        table = pd.concat(columns, axis="columns", keys=range(len(columns))).astype(float)
    lacking = np.isnan(table.to_numpy()).any(axis=1)
    table = (table[~lacking] if lacking.any() else table).sort_index()
    if np.isinf(table.to_numpy()).any():
        for k, name in enumerate(names):
            numbers(table[k], name)  # says which
    return table


def _name(column: pd.Series, otherwise: str) -> str:
    return otherwise if column.name is None else str(column.name)


def _varies(column: np.ndarray) -> bool:
    return bool(np.linalg.norm(column - column.mean()) > TOLERANCE * np.linalg.norm(column))


def _scaled(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Centre the columns (the outcome first) and divide each by its length, beside a constant.

    Return the outcome, the design, and what a slope on the first regressor is to be multiplied by.
    A column that does not vary is zeros.
    """
    centred = values - values.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    still = lengths <= TOLERANCE * np.linalg.norm(values, axis=0)
    centred[:, still], lengths[still] = 0, 1
    scaled = centred / lengths
    constant = np.full((len(values), 1), len(values) ** -0.5)
    return scaled[:, 0], np.hstack([constant, scaled[:, 1:]]), lengths[0] / lengths[1]


def _with_last(columns: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return columns with one more, of length one."""
    return np.column_stack([columns, last / np.linalg.norm(last)])


def _lengths_left(columns: np.ndarray) -> np.ndarray:
    """Return how long what the columns before leave of each is, up to the first that is nothing."""
    return np.abs(np.diagonal(np.linalg.qr(columns, mode="r")))


def _dependence(columns: np.ndarray, k: int) -> list[int] | None:
    """Return which earlier columns make up column k (all of length one), or None if they do not."""
    parts, *_ = np.linalg.lstsq(columns[:, :k], columns[:, k])
    if np.linalg.norm(columns[:, k] - columns[:, :k] @ parts) > TOLERANCE:
        return None
    return [earlier for earlier in range(k) if abs(parts[earlier]) > TOLERANCE]


def _refuse_dependent(design: np.ndarray, names: list[str]) -> None:
    """Refuse a column that does not vary, or that the columns before it make up."""
    # The constant, before them, is made up by none: they are centred.
    for k in np.flatnonzero(_lengths_left(design) <= TOLERANCE):
        made_of = _dependence(design, k) or []
        others = " and ".join(names[earlier - 1] for earlier in made_of)
        name = names[k - 1]
        raise EstimateError(
            f"The regressor {name} follows exactly from {others}: none of them has a slope of "
            f"its own. Leave out {name}."
            if others
            else f"The regressor {name} does not vary among the rows that are left: leave it "
            "out, or choose other rows."
        )


def _refuse_leverage_one(design: np.ndarray, rows: pd.Index) -> None:
    orthogonal, _ = np.linalg.qr(design)
    alone = rows[(orthogonal**2).sum(axis=1) > 1 - TOLERANCE]
    if len(alone):
        raise EstimateError(
            f"{alone[0]} alone decides a coefficient (its leverage is one), so that its residual "
            "is zero whatever the others are and HC3 is not defined: leave the row out, or the "
            "regressor that no other row shares."
        )


def _numbered(index: pd.MultiIndex, level: int) -> tuple[np.ndarray, pd.Index]:
    """Return the number of each row's economy or period as they come, and their names."""
    return pd.factorize(index.get_level_values(level))


def _firsts(economies: np.ndarray) -> np.ndarray:
    """Return the first row of each economy, of rows that stand in the order of economies."""
    return np.flatnonzero(np.diff(economies, prepend=-1))


def _within(columns: np.ndarray, economies: np.ndarray) -> np.ndarray:
    """Hold each economy against its own mean."""
    sums = np.add.reduceat(columns, _firsts(economies), axis=0)
    return columns - (sums / np.bincount(economies)[:, None])[economies]


def _period_effects(economies: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """A column for each period but the first, within economies.

    Where no economy links one group of periods with another, a column follows from those before it
    and is left out.
    """
    levels = (periods[:, None] == np.arange(1, periods.max() + 1)).astype(float)
    columns = _within(levels, economies)
    lengths = np.linalg.norm(columns, axis=0)
    columns = columns[:, lengths > TOLERANCE] / lengths[lengths > TOLERANCE]
    if (_lengths_left(columns) > TOLERANCE).all():
        return columns
    kept: list[int] = []
    for k in range(columns.shape[1]):
        if _dependence(columns[:, [*kept, k]], len(kept)) is None:
            kept.append(k)
    return columns[:, kept]
