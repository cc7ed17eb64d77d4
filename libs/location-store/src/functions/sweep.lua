-- sweep: drops the directory's entries that have outlived their keep, some of the slot's hashes at a time.
-- KEYS[1] {slot}:born    ARGV cursor (a hash's number), about how many entries to look at, now, keep
-- Out: next cursor, '0' at the end
local function sweep(keys, args)
  local slot = slot_keys(keys[1])
  local number, left = tonumber(args[1]), tonumber(args[2])
  local now, keep = tonumber(args[3]), tonumber(args[4])
  while number < 256 and left > 0 do
    local hash = slot.entries .. string.format('%02x', number)
    local entries = redis.call('HVALS', hash)
    -- Most hashes have none to drop: whose entries they are is asked only then.
    local oldest = now
    for _, packed in ipairs(entries) do oldest = math.min(oldest, (struct.unpack('>I6', packed, AT_AT))) end
    if now > oldest + keep then
      local list = redis.call('HGETALL', hash)
      for i = 1, #list, 2 do
        if now > struct.unpack('>I6', list[i + 1], AT_AT) + keep then redis.call('HDEL', hash, list[i]) end
      end
    end
    number, left = number + 1, left - 1 - #entries
  end
  return number < 256 and tostring(number) or '0'
end
redis.register_function('@VERSION@_sweep', sweep)
