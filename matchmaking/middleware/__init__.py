"""What every request passes through, beside Django's and the packages' own: one concern a module."""
