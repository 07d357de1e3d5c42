"""The deployed guardrails, enforced: what each policy finds, what is blocked or masked, and the trace of it."""
