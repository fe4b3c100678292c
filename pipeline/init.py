"""`holdfast init`: a commented starter config, and the schema that editors complete it with."""

from importlib.resources import files
from pathlib import Path

from features.errors import UsageError
from pipeline.files import write_whole


def init(folder: Path) -> str:
    """Write `holdfast.yaml` and `holdfast.schema.json` into a folder; nothing that is there is overwritten.

    Raises UsageError where one of them exists.
    """
    starter = files("pipeline").joinpath("starter.yaml").read_bytes()
    targets = {folder / "holdfast.yaml": starter, folder / "holdfast.schema.json": schema_text().encode()}
    for target in targets:
        if target.exists():
            raise UsageError("is there already", where="init", value=str(target), fix="Name another folder.")
    for target, content in targets.items():
        write_whole(target, content)
    written = "\n".join(f"wrote {target}" for target in targets)
    config = folder / "holdfast.yaml"
    return f"{written}\nNext: name your files in {config}, then run holdfast check {config}"


def schema_text() -> str:
    """The JSON schema of the config, for editors."""
    import json

    from pipeline.config.root import Config

    schema = Config.model_json_schema()
    schema["properties"].pop("folder", None)
    schema["required"] = [name for name in schema["required"] if name != "folder"]
    schema["title"] = "holdfast config"
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
