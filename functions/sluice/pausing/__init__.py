"""Pausing and blocking: a stopped handler starts no event, and loses none.

A handler is stopped by a reserved concurrency of 0 on its function, with its event source mapping disabled; a block is
a tag on the function besides. `decision` has the rule, `handler_states` applies it for commands, and the reconciler
does so every minute.
"""
