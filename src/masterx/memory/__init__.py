"""What of the past goes into a prompt."""
