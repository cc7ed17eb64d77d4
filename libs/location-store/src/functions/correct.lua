-- correct: sets back when drivers were last heard in a partition, where the ping that the directory was told of was lost before it
-- was written there; not where something else was told since.
-- KEYS[1] {slot}:born    ARGV for each: the hash of its entry, p, driver, capturedAtMs as told, capturedAtMs as it is
-- Out: how many were set back
local function correct(keys, args)
  local slot = slot_keys(keys[1])
  local corrected = 0
  for i = 1, #args, 5 do
    local key, driver = slot.entries .. args[i], args[i + 2]
    local packed = redis.call('HGET', key, driver)
    if packed then
      local home, life, at = struct.unpack(HEAD, packed)
      if home == tonumber(args[i + 1]) and at == tonumber(args[i + 3]) then
        local entry = struct.pack(HEAD, home, life, tonumber(args[i + 4])) .. string.sub(packed, FROM_AT)
        redis.call('HSET', key, driver, entry)
        corrected = corrected + 1
      end
    end
  end
  return corrected
end
redis.register_function('@VERSION@_correct', correct)
