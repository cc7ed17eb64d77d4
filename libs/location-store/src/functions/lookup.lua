-- lookup: where a driver may be.
-- KEYS[1] {slot}:born    ARGV the hash of its entry, driver, now, keep
-- Out: its entry as it is packed, or '' where none is kept
local function lookup(keys, args)
  return kept_entry(slot_keys(keys[1]), args[1], args[2], tonumber(args[3]), tonumber(args[4])) or ''
end
redis.register_function({ function_name = '@VERSION@_lookup', callback = lookup, flags = { 'no-writes' } })
