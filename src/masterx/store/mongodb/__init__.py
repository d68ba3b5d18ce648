"""MongoDB: a replica set of one node or more, PyMongo's asynchronous client, what belongs together in one transaction.

The files are named after the ports, as those of the SQLite backend are; `store` puts them together.
"""
