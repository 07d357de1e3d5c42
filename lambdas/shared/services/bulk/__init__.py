"""The steps of a bulk run: each may be repeated, doubled or killed anywhere, and what it has committed counts once."""
