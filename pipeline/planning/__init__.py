"""From scores to the contact plan."""
