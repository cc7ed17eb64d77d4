-- search: the drivers of a partition around a place, with their records, from one incarnation.
-- KEYS[1] {p}:inc    ARGV then for each circle: lng, lat, radius in metres
-- Out: when the partition was last written (Unix ms, '0' never), then driver, record, …
local function search(keys, args)
  local inc = redis.call('GET', keys[1])
  if not inc then return { '0' } end
  local key = incarnation_keys(keys[1], inc)
  local out = { redis.call('HGET', key[1], 'at') or '0' }
  for i = 1, #args, 3 do
    local found = redis.call('GEOSEARCH', key[2], 'FROMLONLAT', args[i], args[i + 1], 'BYRADIUS', args[i + 2], 'm')
    -- Lua can't pass more than some thousand values to a call.
    for from = 1, #found, 1000 do
      local to = math.min(from + 999, #found)
      local records = redis.call('HMGET', key[3], unpack(found, from, to))
      for j = from, to do
        if records[j - from + 1] then
          out[#out + 1] = found[j]
          out[#out + 1] = records[j - from + 1]
        end
      end
    end
  end
  return out
end
redis.register_function({ function_name = '@VERSION@_search', callback = search, flags = { 'no-writes' } })
