"""In which order, from where, to where: the only package that touches disk, clock, MLflow and terminal."""

import os

# Waiting OpenMP threads sleep instead of spinning. On a busy machine spinning ones take the core from the thread they
# wait for: a fit of seconds was seen to take minutes. It must be set before LightGBM or scikit-learn are imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
