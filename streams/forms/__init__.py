"""What people type on the pages about the programme."""
