"""The config: one frozen, documented object a run, read from YAML."""
