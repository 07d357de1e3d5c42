"""Dropped documents become summaries."""
