"""Bulk runs: the steps of the workflow that summarizes whole archives."""
