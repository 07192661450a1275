"""Imported once, where kernels are forked from: what nearly every chapter and kernel imports.

That is most of the time of a kernel that starts cold. Charts are drawn, for plotly imports its
parts as it draws.
"""

# ruff: noqa: F401

import os

os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else the debugger, unused, says it is frozen
# Several kernels share the machine: threads of each that wait for one another take ten times as
# long over a small matrix as one does. And the sums are added up alike, however many cores it has.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import ipykernel.debugger
import ipykernel.kernelapp
import IPython.core.completer
import jinja2
import jsonschema
import pandas as pd
import plotly.express as px
import scipy.stats
import statsmodels.regression.linear_model
import yaml

from claimbook import change, claim, estimates, figures, status
from claimbook.data import yamlcore

_POINTS = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0], "name": ["a", "b"]})
for _draw in (px.scatter, px.line, px.bar):
    _draw(_POINTS, x="x", y="y", color="name").update_layout(title_text="").to_dict()
