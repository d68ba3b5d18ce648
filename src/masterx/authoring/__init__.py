"""What files of items and of benchmark tests have in common: who writes them is told where a mistake is."""
