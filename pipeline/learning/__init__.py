"""From a plan, its contacts and what happened to what the next plan should believe."""
