"""Shapes of what is typed of reviews."""
