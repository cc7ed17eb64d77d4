-- sweep: drops the directory's entries that have outlived their keep, some of the slot's hashes at a time.
-- KEYS[1] {slot}:born    ARGV cursor (a hash's number), about how many entries to look at, now, keep
-- Out: next cursor, '0' at the end
local function sweep(keys, args)
  local slot = slot_keys(keys[1])
  local number, left = tonumber(args[1]), tonumber(args[2])
  local now, keep = tonumber(args[3]), tonumber(args[4])
  while number < 256 and left > 0 do
    local hash = slot.entries .. string.format('%02x', number)
    local list = redis.call('HGETALL', hash)
    for i = 1, #list, 2 do
      local _, _, at = struct.unpack('>I2I2I6', list[i + 1])
      if now > at + keep then redis.call('HDEL', hash, list[i]) end
    end
    number, left = number + 1, left - 1 - #list / 2
  end
  return number < 256 and tostring(number) or '0'
end
redis.register_function('@VERSION@_sweep', sweep)
