-- todos: what partitions have to clear in this slot of the directory.
-- KEYS[1] {slot}:born    ARGV new born id, most to-dos, now, keep, then partitions
-- Out: born, then a list for each to-do: p, driver, token, capturedAtMs, other partitions that may hold the driver …
local function todos(keys, args)
  local slot = slot_keys(keys[1])
  redis.call('SET', keys[1], args[1], 'NX')
  local most, now, keep = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  local out = { redis.call('GET', keys[1]) }
  local asked = {}
  for i = 5, #args do asked[args[i]] = true end
  for _, p in ipairs(redis.call('SMEMBERS', slot.todos)) do
    if asked[p] then
      local list = redis.call('HGETALL', slot.todo .. p)
      for i = 1, #list, 2 do
        if #out > most then return out end
        local token, at = string.match(list[i + 1], '^(%d+):(%d+)$')
        local row = { p, list[i], token, at }
        local entry = get_entry(slot, list[i], now, keep)
        if entry then
          entry.from[#entry.from + 1] = entry.home
          for _, q in ipairs(without(entry.from, tonumber(p))) do row[#row + 1] = tostring(q) end
        end
        out[#out + 1] = row
      end
    end
  end
  return out
end
redis.register_function('@VERSION@_todos', todos)
