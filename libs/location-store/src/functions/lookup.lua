-- lookup: where a driver may be: its home last, before it the homes not yet cleared.
-- KEYS[1] {slot}:born    ARGV driver, now, keep
-- Out: {} when unknown, else: a text that changes whenever the entry does, then the partitions
local function lookup(keys, args)
  local slot = slot_keys(keys[1])
  local entry = get_entry(slot, args[1], tonumber(args[2]), tonumber(args[3]))
  if not entry then return {} end
  local out = { string.format('%d/%.0f', entry.home, entry.at) .. '/' .. table.concat(entry.from, ',') }
  for _, p in ipairs(entry.from) do out[#out + 1] = p end
  out[#out + 1] = entry.home
  return out
end
redis.register_function({ function_name = '@VERSION@_lookup', callback = lookup, flags = { 'no-writes' } })
