"""How bad it is, why, and what it costs: the diagnosis of a company's own events, before anyone predicts."""
