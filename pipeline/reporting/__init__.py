"""The sections of the training report: each turns figures of the evaluation into tables, charts and sentences."""
