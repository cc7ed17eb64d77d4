-- clear: takes to-dos off a partition's list, each only if its token is still the stored one.
-- KEYS[1] {slot}:born    ARGV p, then for each: driver, token
-- Out: how many were taken off
local function clear(keys, args)
  local slot = slot_keys(keys[1])
  local p, done = tonumber(args[1]), 0
  for i = 2, #args, 2 do
    local todo = redis.call('HGET', slot.todo .. p, args[i])
    if todo and string.match(todo, '^(%d+):') == args[i + 1] then
      drop_todo(slot, p, args[i])
      done = done + 1
      local packed = redis.call('HGET', entries_of(slot, args[i]), args[i])
      if packed then
        local entry = unpack_entry(packed)
        entry.from = without(entry.from, p)
        set_entry(slot, args[i], entry)
      end
    end
  end
  return done
end
redis.register_function('@VERSION@_clear', clear)
