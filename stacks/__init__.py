"""Infrastructure as CDK stacks. Names handlers by path, never imports them."""
