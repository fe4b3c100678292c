"""What was known about each customer at a snapshot. Nothing here can see past the snapshot."""
