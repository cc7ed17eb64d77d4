-- enter: tells the directory in which partition p each of some drivers is. Whoever takes a driver over leaves a to-do for the old home
-- in the same step; a stale holder gets one for itself.
-- KEYS[1] {slot}:born    ARGV new born id, now, keep, drivers: of each the hash of its entry (2 hex digits), u16 p,
--   u48 capturedAtMs, u8 flags, i32 life, u8 length of the id, id. One text costs half of what as many arguments do.
--   flags: 1 p holds the driver, 2 force (an exact tie is p's), 4 the driver is available; life −1: as the directory knows
-- Out: born, then for each driver: 1, 0 (stale), 2 + home (stale, and told of the same moment there) or −capturedAtMs (entered,
--   though p told of this newer ping before), life
local function todo_field(p, driver)
  return string.format('%d/', p) .. driver
end

-- To-dos made in one call share its token: nobody can have read one of them in between. They are written at its end.
local function add_todo(call, p, driver, hash, at)
  call.token = call.token or redis.call('INCR', call.slot.token)
  call.todos[todo_field(p, driver)] = string.format('%.0f:%.0f:%s', call.token, at, hash)
end

local function drop_todo(call, p, driver)
  call.todos[todo_field(p, driver)] = false
end

local function write_todos(call)
  local sets, drops = {}, {}
  for field, value in pairs(call.todos) do
    if value then
      sets[#sets + 1] = field
      sets[#sets + 1] = value
    else
      drops[#drops + 1] = field
    end
  end
  if #sets > 0 then redis.call('HSET', call.slot.todo, unpack(sets)) end
  if #drops > 0 then redis.call('HDEL', call.slot.todo, unpack(drops)) end
end

-- Of these three each returns the outcome, life, and the entry where it is to change.
local function enter_anew(call, p, driver, at, life)
  if life < 0 then life = math.floor(at / 1000) % 65536 end
  drop_todo(call, p, driver)
  return 1, life, struct.pack(HEAD, p, life, at)
end

local function stay(call, packed, old_life, old_at, p, driver, at, flags, life)
  -- A to-do may outlive the entry that it was made with; who is asked about it says that it keeps the driver.
  if flags % 4 >= 2 then drop_todo(call, p, driver) end
  -- A driver that p had forgotten was out of sight: its spell of availability ended.
  if life < 0 then life = (old_life + 1) % 65536 end
  local entry = struct.pack(HEAD, p, life, math.max(old_at, at)) .. string.sub(packed, FROM_AT)
  return old_at > at and -old_at or 1, life, entry
end

local function move(call, packed, p, driver, hash, at, flags)
  local holds, force, available = flags % 2 == 1, flags % 4 >= 2, flags >= 4
  local home, life, old_at = struct.unpack(HEAD, packed)
  local rest = without(packed, p)
  if at < old_at or (at == old_at and not force) then
    local outcome = at == old_at and 2 + home or 0
    if not holds then return outcome, life end
    add_todo(call, p, driver, hash, old_at)
    return outcome, life, rest .. struct.pack('>I2', p)
  end
  add_todo(call, home, driver, hash, at)
  if #rest < #packed then drop_todo(call, p, driver) end
  -- Whether it stopped being available between the two homes can't be known: a spell begins anew where it isn't.
  if not available then life = (life + 1) % 65536 end
  return 1, life, struct.pack(HEAD, p, life, at) .. string.sub(rest, FROM_AT) .. struct.pack('>I2', home)
end

local function enter(keys, args)
  local call = { slot = slot_keys(keys[1]), todos = {} }
  local now, keep, drivers = tonumber(args[2]), tonumber(args[3]), args[4]
  local out = { born_of(call.slot, args[1]) }
  local from = 1
  while from <= #drivers do
    local hash, p, at, flags, life, driver, outcome, changed
    hash, p, at, flags, life, driver, from = struct.unpack('>c2I2I6Bi4Bc0', drivers, from)
    local key = call.slot.entries .. hash
    local packed = redis.call('HGET', key, driver)
    local home, old_life, old_at
    if packed then home, old_life, old_at = struct.unpack(HEAD, packed) end
    if not packed or now > old_at + keep then
      outcome, life, changed = enter_anew(call, p, driver, at, life)
    elseif home == p then
      outcome, life, changed = stay(call, packed, old_life, old_at, p, driver, at, flags, life)
    else
      outcome, life, changed = move(call, packed, p, driver, hash, at, flags)
    end
    if changed then redis.call('HSET', key, driver, changed) end
    out[#out + 1] = outcome
    out[#out + 1] = life
  end
  write_todos(call)
  return out
end
redis.register_function('@VERSION@_enter', enter)
