"""`api:` to its plan: which certificate, and what to look at where the page can be reached by others."""

import os
import ssl
from pathlib import Path

from gateway.config.apimodels import ApiModel, is_loopback
from gateway.config.extras import require_oidc
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.plan import ApiPlan, CertificateFiles
from gateway.config.problems import Mark
from gateway.config.validate import Validator

_SOCKET_LIMIT = 107  # bytes of a Unix socket's path (sys/un.h: 108 with the closing NUL)
FILES_HINT = "PEM files: the certificate, then those of the authorities between; and its key, without a password"


class ApiReader:
    """Reads the section. `store`: where the socket is by default."""

    def __init__(self, validator: Validator, store: Path) -> None:
        self._validator = validator
        self._vault = validator.vault
        self._report = validator.report
        self._store = store

    def read(self, node: Node | None, mark: Mark) -> ApiPlan | None:
        """The plan, `None` after problems of the section's form. `mark`: where the section stands, or would."""
        api = ApiModel() if node is None else self._validator.read(ApiModel, node)
        if api is None:
            return None
        items = node.items if isinstance(node, Mapping) else {}
        if not api.has_tls and api.tls == "off":
            self._warn_of_plain_http(api, items["tls"].mark)
        if api.oidc is not None:
            require_oidc(self._report, items["oidc"].mark)
        own = None if api.certificate is None else self._own(items["certificate"], items["key"])
        return ApiPlan(
            host=api.host,
            port=api.port,
            socket=self._socket(api, mark),
            has_tls=api.has_tls,
            hosts=api.hosts,
            own=own,
            oidc=api.oidc,
        )

    def _socket(self, api: ApiModel, mark: Mark) -> Path:
        socket = self._vault.folder / api.socket if api.socket else self._store / "gateway.sock"
        if len(os.fsencode(socket)) > _SOCKET_LIMIT:
            message = f"the path of the command line's socket is longer than {_SOCKET_LIMIT} bytes: `{socket}`"
            self._report.error(mark, message, "set a shorter one with `api: {socket: /run/park-gateway/gateway.sock}`")
        return socket

    def _warn_of_plain_http(self, api: ApiModel, mark: Mark) -> None:
        if is_loopback(api.host):
            return
        message = "`tls: off`: everybody on the way can read passwords, sessions and values, and change them"
        self._report.warn(mark, message, "remove it, unless another program encrypts all the way to this address")

    def _own(self, certificate: Node, key: Node) -> CertificateFiles | None:
        """The files of a certificate of one's own, that can be read and belong together."""
        assert isinstance(certificate, Scalar)
        assert isinstance(key, Scalar)
        paths = [self._vault.path(node) for node in (certificate, key)]
        readable = [
            path and self._is_readable(node, path) for node, path in zip((certificate, key), paths, strict=True)
        ]
        if paths[0] is None or paths[1] is None or not all(readable):
            return None
        files = CertificateFiles(paths[0], paths[1], certificate.mark)
        try:
            tls_context(files)
        except (OSError, ValueError) as error:
            self._report.error(certificate.mark, f"certificate `{files.certificate}`: {told(error)}", FILES_HINT)
        return files

    def _is_readable(self, node: Scalar, path: Path) -> bool:
        try:
            path.open("rb").close()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._report.error(node.mark, f"file `{path}`: {reason}", "check the path and who may read it")
            return False
        return True


def tls_context(files: CertificateFiles) -> ssl.SSLContext:
    """What a server offers with these files: TLS 1.2 or later. Raises OSError (ssl.SSLError), ValueError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(files.certificate, files.key, _no_password)
    return context


def _no_password() -> str:
    raise ValueError("the key has a password")


def told(error: Exception) -> str:
    """What is wrong with the files, in words."""
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "the key belongs to another certificate"
    if isinstance(error, ssl.SSLError):
        return f"not a certificate with its key ({error.reason or 'no PEM'})"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
