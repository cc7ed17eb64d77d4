-- clear: takes to-dos off partitions' lists, each only if its token is still the stored one.
-- KEYS[1] {slot}:born    ARGV for each: p, driver, token
-- Out: how many were taken off
local function clear(keys, args)
  local slot = slot_keys(keys[1])
  local done = 0
  for i = 1, #args, 3 do
    local field, driver = args[i] .. '/' .. args[i + 1], args[i + 1]
    local todo = redis.call('HGET', slot.todo, field)
    if todo and string.match(todo, '^(%d+):') == args[i + 2] then
      redis.call('HDEL', slot.todo, field)
      done = done + 1
      local packed = redis.call('HGET', entries_of(slot, driver), driver)
      if packed then
        local entry = unpack_entry(packed)
        entry.from = without(entry.from, tonumber(args[i]))
        set_entry(slot, driver, entry)
      end
    end
  end
  return done
end
redis.register_function('@VERSION@_clear', clear)
