"""Foreign feature files, read without running them."""
