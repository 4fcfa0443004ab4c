"""Split virtqueues from outside: three parts with indices that run freely, and what two looks at them mean (2.7)."""
