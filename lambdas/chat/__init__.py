"""Conversations with a model: turns and their history."""
