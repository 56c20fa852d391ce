"""What the invented people write: fragments, and the seeded writer that joins them."""
