"""The Configuration API of a simulated management server.

From the wire inwards: `service` takes the calls, `contract` has the tables of their types, `writer` writes items and
`operations` performs the calls. `paths` takes paths apart and `tree` gives the items, with what `kinds`, `folders`,
`columns`, `items`, `events` and `nested` say of each type, through the indexes of `lookup`. `changes` stores, `filters`
selects; `methods`, `invocation`, `administration`, `devices` and `tasks` perform methods. `rest` and `restitems` are
the same over REST. `switches` are for tests.
"""  # docs/protocol: configuration-contract
