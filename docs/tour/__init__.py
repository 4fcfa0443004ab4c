"""The tour: real sessions in the real program on a terminal of its own, from which the pictures in docs/ are made."""
