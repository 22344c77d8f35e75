"""Optional libraries: is what a part of the configuration needs installed?"""

from importlib.util import find_spec

from gateway.config.problems import Mark, Report

OIDC_LIBRARIES = ("authlib", "joserfc")
OIDC_MISSING = "`api: oidc` needs a library that is not installed"
OIDC_HINT = 'pip install "park-gateway[oidc]", or remove `api: oidc`'


def require_oidc(report: Report, mark: Mark) -> None:
    """A problem at `mark` where the libraries of the extra `oidc` are missing. Looks for them and imports none."""
    if any(find_spec(library) is None for library in OIDC_LIBRARIES):
        report.error(mark, OIDC_MISSING, OIDC_HINT)
