"""Changes to people and grants."""
