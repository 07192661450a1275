"""Claims, their checks, and the rule that decides them."""
