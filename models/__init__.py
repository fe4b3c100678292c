"""What is likely to happen, of which kind, at what loss. Only `models.outcomes` looks ahead."""

import os

# OpenMP threads that wait by spinning take the processor from those that work: on two busy cores a LightGBM fit of a
# small table took 25 times as long. The variable is read when LightGBM is first imported; a value already set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
