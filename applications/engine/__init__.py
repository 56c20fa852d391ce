"""What needs no database: looking into files that strangers send."""
