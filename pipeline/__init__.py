"""In which order, from where, to where: the only package that touches disk, clock, MLflow and terminal."""
