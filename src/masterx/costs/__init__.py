"""What calls cost, and the books about it."""
