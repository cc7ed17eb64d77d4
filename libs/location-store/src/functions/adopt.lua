-- adopt: makes a table that was built under a name of its own the partition's, in one step, and drops the one before.
-- KEYS[1] {p}:inc    ARGV epoch, k, new k, n
-- Out: OK | FENCED a newer owner has it | OTHER the name has changed, or what was built isn't there: claim again
local function adopt(keys, args)
  local inc = redis.call('GET', keys[1])
  if not inc then return 'OTHER' end
  if tonumber(string.match(inc, '^(%d+)%.')) > tonumber(args[1]) then return 'FENCED' end
  local new_name = args[1] .. '.' .. args[3]
  if inc == new_name then return 'OK' end
  if inc ~= args[1] .. '.' .. args[2] then return 'OTHER' end
  local built = incarnation_keys(keys[1], new_name)
  if redis.call('HGET', built[1], 'n') ~= args[4] then return 'OTHER' end
  local old = incarnation_keys(keys[1], inc)
  redis.call('UNLINK', old[1], old[2], old[3])
  redis.call('SET', keys[1], new_name)
  return 'OK'
end
redis.register_function('@VERSION@_adopt', adopt)
