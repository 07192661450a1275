"""Vintages of figures: what a snapshot holds, how it is written and how two compare."""
