"""The Configuration API of a simulated management server (protocol/configuration.md).

From the wire inwards: `service` takes the calls, `contract` says what types they have, `reader` and `writer` do with
XML as Microsoft's serializer does. `tree` finds items by their paths, with what `kinds`, `folders`, `columns`,
`items`, `events` and `nested` say of each type, through the indexes of `lookup`. `changes` stores, `filters` answers
questions; `methods`, `invocation`, `administration`, `devices` and `tasks` carry out methods. `switches` are for tests.
"""
