"""The engine `spark`: the same DuckDB code on the same partitions, run by the executors of a cluster."""
