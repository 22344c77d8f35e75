"""Who prepares and who approves: the person who signed in; over the Unix socket the name that is stated."""

from gateway.accounts.people import Actor, is_same_person
from gateway.api.access import Principal
from gateway.core.errors import Rejected


def actor_of(principal: Principal, stated: object) -> Actor:
    """The person behind a request. Raises Rejected (422) where somebody states another name than their own.

    The socket is the command line of the machine itself: whoever may open it may read and write every file anyway, so
    the name is theirs to state, and the record says `socket` beside it.
    """
    text, own = stated if isinstance(stated, str) else "", principal.person
    if own is not None and text.strip() and not _is_own(principal, own, text):
        hint = "leave `by` out; whoever else did it signs in and does it"
        raise Rejected(f"by: `{own}` is signed in, not `{text.strip()[:60]}`", hint)
    by = text if own is None else own
    return Actor(
        by, principal.name, principal.role.value, principal.origin, principal.enterprise, is_proven=own is not None
    )


def _is_own(principal: Principal, own: str, text: str) -> bool:
    return is_same_person(text, own) or is_same_person(text, principal.name)
