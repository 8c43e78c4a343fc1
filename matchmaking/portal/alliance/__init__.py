"""The alliance's workspace: its members, their recommendations, and what membership brought them."""
