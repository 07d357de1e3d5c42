"""The `embedded` brain: real embeddings and extractive answers, deterministic and honest about being no LLM."""
