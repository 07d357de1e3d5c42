"""Values, rules and ports. Standard library only."""
