"""How the sign-in library behaves here: one module for each of its apps."""
