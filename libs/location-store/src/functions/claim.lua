-- claim: takes a partition's keys under a new incarnation, so that writes under an older name reach nobody.
-- KEYS[1] {p}:inc    ARGV epoch, k
-- Out: {'FENCED'} a newer owner has it | {'OUTDATED'} a later claim of the same epoch came first
--    | {'EMPTY'} nothing trustworthy here: rebuild it | {'BUILT', name that counted until now, header's field, value, …}
-- A header whose count differs from its n was written on a base that had been rolled back, and isn't trusted. Nor is one that tells
-- of other drivers than there are: a key may have gone by itself, evicted or deleted.
local function holds(keys, drivers)
  return redis.call('HLEN', keys[3]) == drivers and redis.call('ZCARD', keys[2]) == drivers
end

-- Somebody else may have written under our names; nothing can be asked of what is of another type.
local function drop_strangers(keys)
  local types = { 'hash', 'zset', 'hash' }
  for i = 1, 3 do
    local found = redis.call('TYPE', keys[i]).ok
    if found ~= 'none' and found ~= types[i] then redis.call('DEL', keys[i]) end
  end
end

-- The n of a partition that holds nothing yet: no write follows it.
local UNBUILT_N = '-9'

local function claim(keys, args)
  local inc = redis.call('GET', keys[1])
  local epoch, k = tonumber(args[1]), tonumber(args[2])
  local new = incarnation_keys(keys[1], args[1] .. '.' .. args[2])
  if inc then
    local stored_epoch, stored_k = string.match(inc, '^(%d+)%.(%d+)$')
    stored_epoch, stored_k = tonumber(stored_epoch), tonumber(stored_k)
    if stored_epoch > epoch then return { 'FENCED' } end
    if stored_epoch == epoch and stored_k > k then return { 'OUTDATED' } end
    if stored_epoch ~= epoch or stored_k ~= k then
      local old = incarnation_keys(keys[1], inc)
      for i = 1, 3 do
        if redis.call('EXISTS', old[i]) == 1 then redis.call('RENAME', old[i], new[i])
        else redis.call('DEL', new[i]) end
      end
    end
  end
  drop_strangers(new)
  redis.call('SET', keys[1], args[1] .. '.' .. args[2])
  local state = redis.call('HMGET', new[1], 'n', 'count', 'unbuilt', 'drivers')
  if not state[1] or state[3] or state[1] ~= state[2] or not holds(new, tonumber(state[4])) then
    redis.call('HSET', new[1], 'n', UNBUILT_N, 'unbuilt', '1')
    return { 'EMPTY' }
  end
  local header = redis.call('HGETALL', new[1])
  table.insert(header, 1, 'BUILT')
  table.insert(header, 2, inc or '')
  return header
end
redis.register_function('@VERSION@_claim', claim)
