"""The tour that makes the pictures of the documentation."""
