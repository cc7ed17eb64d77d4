-- hold: says that a fleet writes here, for as long as it is said again, and in which format.
-- KEYS[1] <name>:fleet    ARGV text that is new each time, ms to hold, format, the fleet's id, ids that it had before
-- Out: {'HELD'} | {'OTHER', value} another fleet holds it: its id and its text | {'NEWER', format} data of a newer release
local function hold(keys, args)
  local format_key = string.sub(keys[1], 1, -6) .. 'format'
  local format = redis.call('GET', format_key)
  if format and (tonumber(format) or 0) > tonumber(args[3]) then return { 'NEWER', format } end
  local held = redis.call('GET', keys[1])
  if held then
    local id = string.match(held, '^(%S+) ')
    local is_ours = false
    for i = 4, #args do is_ours = is_ours or id == args[i] end
    if not is_ours then return { 'OTHER', held } end
  end
  redis.call('SET', keys[1], args[4] .. ' ' .. args[1], 'PX', args[2])
  if not format then redis.call('SET', format_key, args[3]) end
  return { 'HELD' }
end
redis.register_function('@VERSION@_hold', hold)
