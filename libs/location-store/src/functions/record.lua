-- record: drivers' records in one partition.
-- KEYS[1] {p}:inc    ARGV drivers, at most 1,000
-- Out: a record or false for each
local function record(keys, args)
  local inc = redis.call('GET', keys[1])
  if not inc then return {} end
  return redis.call('HMGET', incarnation_keys(keys[1], inc)[3], unpack(args))
end
redis.register_function({ function_name = '@VERSION@_record', callback = record, flags = { 'no-writes' } })
