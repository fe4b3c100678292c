"""What the company's systems would have recorded of the simulated months."""
