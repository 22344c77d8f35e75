"""The books for commands that read the ledger themselves, beside a running gateway or without one."""

from gateway.accounts.books import Books
from gateway.accounts.held import dated
from gateway.accounts.setup.compile import load_books
from gateway.config.plan import ParkPlan
from gateway.store.ownership import read_copy


def load_owned_books(plan: ParkPlan) -> Books:
    """The books of a configuration with whose its meters were when, as the gateway has put it down.

    Raises ConfigErrors with every problem and its place, Unavailable where state.db's copy cannot be read.
    """
    return dated(load_books(plan), read_copy(plan.store.directory))
