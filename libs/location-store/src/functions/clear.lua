-- clear: takes to-dos off partitions' lists, each only if its token is still the stored one.
-- KEYS[1] {slot}:born    ARGV for each: the hash of its entry, p, driver, token
-- Out: how many were taken off
local function clear(keys, args)
  local slot = slot_keys(keys[1])
  local fields, drops = {}, {}
  for i = 1, #args, 4 do fields[#fields + 1] = args[i + 1] .. '/' .. args[i + 2] end
  local stored = redis.call('HMGET', slot.todo, unpack(fields))
  for n, field in ipairs(fields) do
    local i = 4 * n - 3
    local key, p, driver, token = slot.entries .. args[i], tonumber(args[i + 1]), args[i + 2], args[i + 3] .. ':'
    if stored[n] and string.sub(stored[n], 1, #token) == token then
      drops[#drops + 1] = field
      local packed = redis.call('HGET', key, driver)
      local rest = packed and without(packed, p)
      if rest ~= packed then redis.call('HSET', key, driver, rest) end
    end
  end
  if #drops > 0 then redis.call('HDEL', slot.todo, unpack(drops)) end
  return #drops
end
redis.register_function('@VERSION@_clear', clear)
