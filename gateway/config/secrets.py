"""Where texts and secrets come from: `${ENV}` in any text; `file:` and `credential:` where a field is a secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config.nodes import Scalar
from gateway.config.problems import Report, nearest
from gateway.config.types import Secret

_REFERENCE = re.compile(r"(\$?)\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_SECRET_BYTES = 64 * 1024
_BY_REFERENCE = "write `${NAME}`, `file:/path` or `credential:name` instead"


@dataclass(frozen=True, slots=True)
class Vault:
    """Reads what stands outside the configuration: environment, secret files, systemd credentials."""

    environment: Mapping[str, str]
    folder: Path  # relative `file:` paths start here
    report: Report

    def expand(self, node: Scalar) -> None:
        """Replace `${NAME}` by the environment's value (`$${NAME}` stays `${NAME}`). An unset one is a problem."""
        expanded = _REFERENCE.sub(lambda match: self._replacement(match, node), node.text)
        if expanded != node.text:
            node.template, node.text = node.text, expanded

    def _replacement(self, match: re.Match[str], node: Scalar) -> str:
        if match[1]:
            return match[0][1:]
        name = match[2]
        if not _NAME.fullmatch(name):
            node.is_unset = True
            self.report.error(node.mark, f"`{match[0]}` is no name of an environment variable", "write `${NAME}`")
        elif name not in self.environment:
            node.is_unset = True
            self.report.error(node.mark, f"environment variable `{name}` is not set", "set it, or write the value here")
        return self.environment.get(name, "")

    def secret(self, node: Scalar) -> Secret | None:
        """The secret that a field holds or points at; `None` after a problem. Plain text in the file is a finding."""
        if node.text.startswith("file:"):
            return self._from_file(node, self.folder / node.text.removeprefix("file:"))
        if node.text.startswith("credential:"):
            return self._from_credential(node, node.text.removeprefix("credential:"))
        if node.template is None and node.text:
            self.report.warn(node.mark, "a secret stands in the file as plain text", _BY_REFERENCE)
        return Secret(node.text)

    def path(self, node: Scalar) -> Path | None:
        """The file that a field names: a path, `file:PATH` or `credential:NAME`; `None` after a problem."""
        if node.text.startswith("credential:"):
            return self._credential(node, node.text.removeprefix("credential:"))
        return self.folder / node.text.removeprefix("file:")

    def _from_credential(self, node: Scalar, name: str) -> Secret | None:
        path = self._credential(node, name)
        return None if path is None else self._from_file(node, path)

    def _credential(self, node: Scalar, name: str) -> Path | None:
        directory = self.environment.get("CREDENTIALS_DIRECTORY")
        if not directory:
            hint = "it is there only under systemd, with `LoadCredential=` in the unit; else use `file:/path`"
            self.report.error(node.mark, f"no credentials directory to read `{name}` from", hint)
            return None
        path = Path(directory) / name
        known = [entry.name for entry in Path(directory).glob("*")]
        if name not in known:
            hint = nearest(name, known) or "add `LoadCredential=` to the unit"
            self.report.error(node.mark, f"systemd gives no credential `{name}`", hint)
            return None
        return path

    def _from_file(self, node: Scalar, path: Path) -> Secret | None:
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_SECRET_BYTES + 1)  # no more: it may be a device without an end
            text = data.decode().rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "not readable as UTF-8 text"
            self.report.error(node.mark, f"secret file `{path}`: {reason}", "check the path and who may read it")
            return None
        if not text or len(data) > _MAX_SECRET_BYTES:
            self.report.error(node.mark, f"secret file `{path}` is {'too large' if text else 'empty'}")
            return None
        return Secret(text)
