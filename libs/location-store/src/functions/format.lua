-- format: the number of the format that the fleet's data here is in, or false where it isn't told.
-- KEYS[1] <name>:format
local function format(keys)
  return redis.call('GET', keys[1])
end
redis.register_function({ function_name = '@VERSION@_format', callback = format, flags = { 'no-writes' } })
