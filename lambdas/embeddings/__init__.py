"""Vectors of texts, and what they are good for: similarity, search, classification, clusters."""
