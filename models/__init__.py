"""What is likely to happen, of which kind, at what loss. Only `models.outcomes` looks ahead."""
