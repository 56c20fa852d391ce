"""The demo: scenarios, invented people, one-click sign-in, the movable clock. Absent in production."""
