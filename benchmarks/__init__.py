"""Runnable comparisons; each prints its table."""
