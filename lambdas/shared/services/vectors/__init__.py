"""Arithmetic with vectors, on numpy and scikit-learn."""
