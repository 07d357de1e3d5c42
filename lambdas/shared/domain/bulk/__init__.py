"""Summarizing a whole archive through batch inference: values, arithmetic, decisions and ports."""
