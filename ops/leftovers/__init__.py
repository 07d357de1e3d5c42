"""What a deployment leaves in the account when its stacks are gone: how it is found, priced and deleted."""
