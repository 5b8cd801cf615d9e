-- Version 11. Frozen: a change of the schema is a new file.

-- What waits of a fan is summed with every decision about them: out of this index alone.
DROP INDEX operation_fan;
CREATE INDEX operation_fan ON operation (fan, state, server_time, fan_points, status_points, undo_of);
