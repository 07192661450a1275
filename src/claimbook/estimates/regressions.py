"""Slopes: by least squares, by ranks, and within economies over periods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from claimbook.estimates.estimate import (
    CONFIDENCE,
    MIN_ECONOMIES,
    Estimate,
    EstimateError,
    numbers,
    value_without,
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
    regressors = [x] if isinstance(x, pd.Series) else [column for _, column in x.items()]
    names = [_name(column, "The regressor") for column in regressors]
    groups = pd.Series(0, index=y.index) if cluster is None else cluster
    groups, *columns = _complete(groups, y, *regressors)
    named = zip(columns, [_name(y, "The outcome"), *names], strict=True)
    fitted = [numbers(column, name) for column, name in named]
    rows = len(groups)
    n = rows if cluster is None else groups.nunique()
    if n < MIN_ECONOMIES or not _varies(fitted[1]):
        return None
    (outcome, scale), *scaled = map(_scaled, fitted)
    design = np.column_stack([np.full(rows, rows**-0.5), *(column for column, _ in scaled)])
    _refuse_dependent(design, ["a constant", *names])

    from statsmodels.regression.linear_model import OLS  # slow to import

    model = OLS(outcome, design)
    if cluster is None:
        _refuse_leverage_one(design, groups.index)
        fit = model.fit(cov_type="HC3", use_t=True)
    else:
        codes = pd.factorize(groups)[0]
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    per_unit = scale / scaled[0][1]
    low, high = fit.conf_int(1 - CONFIDENCE)[1] * per_unit
    parts = fitted[0] if cluster is None else pd.Series(dtype=float)
    found = Estimate(fit.params[1] * per_unit, low, high, n, unit, parts)
    if cluster is not None:
        return found
    return replace(found, value_without=value_without(_least_squares, *fitted))


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
    outcome, regressor = _complete(y, x)
    outcome = numbers(outcome, _name(y, "The outcome"))
    regressor = numbers(regressor, _name(x, "The regressor"))
    if len(outcome) < MIN_ECONOMIES or not _varies(regressor):
        return None
    from scipy.stats import theilslopes  # slow to import

    with np.errstate(invalid="ignore"):
        found = theilslopes(outcome, regressor, alpha=CONFIDENCE)
    if np.isnan(found.low_slope):
        return None
    without = value_without(_middle_slope, outcome, regressor)
    ends = found.low_slope, found.high_slope
    return Estimate(found.slope, *ends, len(outcome), unit, outcome, value_without=without)


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
    outcome, regressor = _complete(y, x)
    again = outcome.groupby(level=0).transform("size") > 1
    outcome = numbers(outcome[again], _name(y, "The outcome"))
    regressor = numbers(regressor[again], _name(x, "The regressor"))
    economies = outcome.index.get_level_values(0)
    moves = _within(regressor)
    still = np.linalg.norm(moves) <= TOLERANCE * np.linalg.norm(regressor)
    if economies.nunique() < MIN_ECONOMIES or still:
        return None
    periods = _period_effects(outcome.index)
    beside = np.column_stack([periods, moves / np.linalg.norm(moves)])
    if _dependence(beside, periods.shape[1]) is not None:
        raise EstimateError(
            f"{_name(x, 'The regressor')} moves alike in all economies: what is common to a period "
            "is set aside, and nothing of it is left. Choose one that differs between economies."
        )
    regressors = pd.DataFrame(np.column_stack([moves, periods]), index=outcome.index)
    group = pd.Series(economies, index=outcome.index)
    held = _within(outcome)
    found = slope(held, regressors, unit, cluster=group)
    ends = outcome.groupby(level=0).agg(["first", "last"])
    without = value_without(_least_squares_within, held, *(regressors[k] for k in regressors))
    return replace(found, economies=ends["last"] - ends["first"], value_without=without)


def _least_squares(outcome: pd.Series, *regressors: pd.Series) -> float | None:
    """Return the first regressor's slope, or None where :func:`slope` gives no estimate."""
    if not _varies(regressors[0]):
        return None
    (scaled, scale), *others = map(_scaled, (outcome, *regressors))
    rows = len(outcome)
    design = np.column_stack([np.full(rows, rows**-0.5), *(column for column, _ in others)])
    _refuse_dependent(design, ["a constant", *(str(column.name) for column in regressors)])
    _refuse_leverage_one(design, outcome.index)
    return np.linalg.lstsq(design, scaled)[0][1] * scale / others[0][1]


def _least_squares_within(
    outcome: pd.Series, regressor: pd.Series, *periods: pd.Series
) -> float | None:
    """Return the slope within economies, of columns held against each economy's own mean."""
    if outcome.index.get_level_values(0).nunique() < MIN_ECONOMIES:
        return None
    columns = np.column_stack([*periods, regressor])
    length = np.linalg.norm(regressor)
    if length == 0 or _dependence(columns / length, len(periods)) is not None:
        return None
    return np.linalg.lstsq(columns, outcome.to_numpy())[0][-1]


def _middle_slope(outcome: pd.Series, regressor: pd.Series) -> float | None:
    """Return the median of the slopes between every two economies."""
    one, other = np.triu_indices(len(outcome), k=1)
    rise, run = (part[one] - part[other] for part in map(np.asarray, (outcome, regressor)))
    return np.median(rise[run != 0] / run[run != 0]) if run.any() else None


def _complete(*columns: pd.Series) -> list[pd.Series]:
    """Return the rows that lack nothing, in the order of the index."""
    # Columns are numbered, so that no name can be taken for another.
    table = pd.concat(columns, axis="columns", keys=range(len(columns))).dropna().sort_index()
    return [table[k] for k in table]


def _name(column: pd.Series, otherwise: str) -> str:
    return otherwise if column.name is None else str(column.name)


def _varies(column: pd.Series) -> bool:
    return np.linalg.norm(column - column.mean()) > TOLERANCE * np.linalg.norm(column)


def _scaled(column: pd.Series) -> tuple[np.ndarray, float]:
    """Centre a column and divide it by its length; one that does not vary is zeros, of length 1."""
    if not _varies(column):
        return np.zeros(len(column)), 1.0
    centred = (column - column.mean()).to_numpy()
    length = np.linalg.norm(centred)
    return centred / length, length


def _dependence(columns: np.ndarray, k: int) -> list[int] | None:
    """Return which earlier columns make up column k (all of length one), or None if they do not."""
    parts, *_ = np.linalg.lstsq(columns[:, :k], columns[:, k])
    if np.linalg.norm(columns[:, k] - columns[:, :k] @ parts) > TOLERANCE:
        return None
    return [earlier for earlier in range(k) if abs(parts[earlier]) > TOLERANCE]


def _refuse_dependent(design: np.ndarray, names: list[str]) -> None:
    """Refuse a column that does not vary, or that the columns before it make up."""
    for k in range(1, len(names)):
        made_of = _dependence(design, k)
        if made_of is None:
            continue
        others = " and ".join(names[earlier] for earlier in made_of)
        raise EstimateError(
            f"The regressor {names[k]} follows exactly from {others}: none of them has a slope of "
            f"its own. Leave out {names[k]}."
            if others
            else f"The regressor {names[k]} does not vary among the rows that are left: leave it "
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


def _within(column: pd.Series) -> pd.Series:
    """Hold each economy against its own mean."""
    return column - column.groupby(level=0).transform("mean")


def _period_effects(index: pd.MultiIndex) -> np.ndarray:
    """A column for each period but the first, within economies.

    Where no economy links one group of periods with another, a column follows from those before it
    and is left out.
    """
    levels = pd.get_dummies(index.get_level_values(1), drop_first=True, dtype=float)
    columns = levels.set_index(index).apply(_within).to_numpy()
    columns = columns[:, np.linalg.norm(columns, axis=0) > TOLERANCE]
    columns = columns / np.linalg.norm(columns, axis=0)
    kept: list[int] = []
    for k in range(columns.shape[1]):
        if _dependence(columns[:, [*kept, k]], len(kept)) is None:
            kept.append(k)
    return columns[:, kept]
