"""Recordings of real sessions of the reference pair, and the program that makes them again."""
