"""Many runs that differ in one thing, and what the difference makes."""
