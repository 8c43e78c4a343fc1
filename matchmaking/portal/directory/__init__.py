"""The directory: who takes part, found by name and by what they need and offer."""
