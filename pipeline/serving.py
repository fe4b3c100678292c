"""What `mlflow.pyfunc` loads: rows of the feature matrix in, the score columns out (also for `mlflow models serve`)."""

from pathlib import Path
from typing import Any

import pandas as pd

from models.predictor import Predictor
from pipeline.artefact import read


class Served:
    """A model behind the interface that mlflow.pyfunc expects."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Risk, type and loss of each row; `params` is not used."""
        frame = self._predictor.predict(model_input)
        return frame.assign(risk_band=frame["risk_band"].astype(str))


def _load_pyfunc(path: str) -> Served:
    return Served(read(Path(path))[0])
