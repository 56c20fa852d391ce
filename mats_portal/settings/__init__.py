"""Settings: base, and one module for each place the portal runs in."""
