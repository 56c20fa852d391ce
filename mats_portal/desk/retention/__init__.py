"""How long each class of data is kept, what falls due, what holds it back, and its erasure by two people."""
