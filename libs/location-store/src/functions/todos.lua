-- todos: what partitions have to clear in this slot of the directory. Of a very long list a random part, so that every
-- owner's turn comes.
-- KEYS[1] {slot}:born    ARGV new born id, most to-dos, now, keep, partitions: a bit for each, the lowest of the first byte is 0's
-- Out: born, then for each to-do: p/driver, token:capturedAtMs:hash, the driver's entry as it is packed or '' where none is kept
local function todos(keys, args)
  local slot = slot_keys(keys[1])
  local most, now, keep, asked = tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), args[5]
  local out = { born_of(slot, args[1]) }
  local count = redis.call('HLEN', slot.todo)
  if count == 0 then return out end
  local list
  if count <= most then list = redis.call('HGETALL', slot.todo)
  else list = redis.call('HRANDFIELD', slot.todo, most, 'WITHVALUES') end
  for i = 1, #list, 2 do
    local field, value = list[i], list[i + 1]
    local slash = string.find(field, '/', 1, true)
    local p = tonumber(string.sub(field, 1, slash - 1))
    local bits = string.byte(asked, math.floor(p / 8) + 1)
    if bits and bit.band(bits, 2 ^ (p % 8)) > 0 then
      out[#out + 1] = field
      out[#out + 1] = value
      out[#out + 1] = kept_entry(slot, string.sub(value, -2), string.sub(field, slash + 1), now, keep) or ''
    end
  end
  return out
end
redis.register_function('@VERSION@_todos', todos)
