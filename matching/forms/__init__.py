"""Shapes of what is typed of matching."""
