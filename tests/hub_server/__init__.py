"""A small writable Hub on loopback for tests: data sets and models on disk, used by unmodified clients.

Every request finds its answer in `routes`; a test that needs more of the Hub adds a route. What is to go
wrong is ordered as data: see `Fault`.
"""

from hub_server.clients import client_environment
from hub_server.faults import Fault
from hub_server.hub import Hub, serving
from hub_server.records import Record
from hub_server.repository import Repo
from hub_server.users import READ_TOKEN, STRANGER_TOKEN, TOKEN, Token, User

__all__ = [
    "READ_TOKEN",
    "STRANGER_TOKEN",
    "TOKEN",
    "Fault",
    "Hub",
    "Record",
    "Repo",
    "Token",
    "User",
    "client_environment",
    "serving",
]
