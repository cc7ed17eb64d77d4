-- sweep: drops the directory's entries that have outlived their keep, a part of the slot at a time.
-- KEYS[1] {slot}:born    ARGV cursor, about how many to look at, now, keep
-- Out: next cursor ('0' at the end), how many entries the slot has
local function sweep(keys, args)
  local slot = slot_keys(keys[1])
  local now, keep = tonumber(args[3]), tonumber(args[4])
  local page = redis.call('HSCAN', slot.entries, args[1], 'COUNT', args[2])
  for i = 1, #page[2], 2 do
    if now > unpack_entry(page[2][i + 1]).at + keep then redis.call('HDEL', slot.entries, page[2][i]) end
  end
  return { page[1], redis.call('HLEN', slot.entries) }
end
redis.register_function('@VERSION@_sweep', sweep)
