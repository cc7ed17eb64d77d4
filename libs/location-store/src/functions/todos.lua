-- todos: what partitions have to clear in this slot of the directory. Of a very long list a random part, so that every
-- owner's turn comes.
-- KEYS[1] {slot}:born    ARGV new born id, most to-dos, now, keep, then partitions
-- Out: born, then a list for each to-do: p, driver, token, capturedAtMs, other partitions that may hold the driver …
local function todos(keys, args)
  local slot = slot_keys(keys[1])
  local most, now, keep = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  local out = { born_of(slot, args[1]) }
  local count = redis.call('HLEN', slot.todo)
  if count == 0 then return out end
  local list
  if count <= most then list = redis.call('HGETALL', slot.todo)
  else list = redis.call('HRANDFIELD', slot.todo, most, 'WITHVALUES') end
  local asked = {}
  for i = 5, #args do asked[args[i]] = true end
  for i = 1, #list, 2 do
    local p, driver = string.match(list[i], '^(%d+)/(.*)$')
    if asked[p] then
      local row = { p, driver, string.match(list[i + 1], '^(%d+):(%d+)$') }
      local entry = get_entry(slot, driver, now, keep)
      if entry then
        entry.from[#entry.from + 1] = entry.home
        for _, q in ipairs(without(entry.from, tonumber(p))) do row[#row + 1] = tostring(q) end
      end
      out[#out + 1] = row
    end
  end
  return out
end
redis.register_function('@VERSION@_todos', todos)
