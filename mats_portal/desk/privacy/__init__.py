"""A person's own data: who reads it, a copy of it, and its deletion."""
