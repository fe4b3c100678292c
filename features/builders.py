"""The feature groups, in the order of the matrix. Adding one: its file, its line here, its spec test."""

from features.complaints import Complaints
from features.customers import Customers
from features.spec import Builder
from features.transactions import Transactions

BUILDERS: tuple[Builder, ...] = (Customers(), Transactions(), Complaints())
