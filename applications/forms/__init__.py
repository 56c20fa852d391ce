"""Shapes of what is typed of applications."""
