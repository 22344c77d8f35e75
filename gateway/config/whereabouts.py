"""Which files a configuration is made of, and where it keeps its data, without judging any of it."""

import os
from collections.abc import Mapping
from pathlib import Path

from gateway.config.files import FileReader
from gateway.config.models import StoreModel
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.nodes import Scalar
from gateway.config.problems import Report
from gateway.config.secrets import Vault


def files_of(path: Path) -> list[Path]:
    """`path`, what it includes, `rules.d`, tables of devices, one's own profiles: those that are there."""
    reader = FileReader(Vault({}, path.parent, Report()))
    reader.sections(path)
    found = [*reader.paths, *sorted((path.parent / "profiles").glob("*.yaml"))]
    return [one for one in dict.fromkeys(found) if one.is_file()]


def data_directory(path: Path, environment: Mapping[str, str] | None = None) -> str:
    """`store: directory` as it is written, with the environment's values; relative to the folder of the file."""
    reader = FileReader(Vault(os.environ if environment is None else environment, path.parent, Report()))
    _, store = reader.sections(path).single.get("store", (None, None))
    written = store.items.get("directory") if isinstance(store, MappingNode) else None
    default = str(StoreModel.model_fields["directory"].default)
    return written.text if isinstance(written, Scalar) and written.text else default
