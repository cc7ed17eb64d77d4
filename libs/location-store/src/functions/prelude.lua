#!lua name=@VERSION@
-- Header, geo set and records of a partition under one incarnation. The first key is always {p}:inc, whose value is the
-- incarnation that counts.
local function incarnation_keys(inc_key, incarnation)
  local base = string.sub(inc_key, 1, -4)
  return { base .. 'header:' .. incarnation, base .. 'geo:' .. incarnation, base .. 'records:' .. incarnation }
end

-- A directory slot: {slot}:born (an id from when it was made empty), {slot}:entries:<00…ff> (driver → entry), {slot}:todo
-- (p/driver → token:capturedAtMs: partition p has to clear the driver), {slot}:token (the last token given).
-- The first key is always {slot}:born.
local function slot_keys(born_key)
  local base = string.sub(born_key, 1, -5)
  return { born = born_key, entries = base .. 'entries:', todo = base .. 'todo', token = base .. 'token' }
end

-- When the slot was made empty: an id that is made anew where there is none.
local function born_of(slot, new_id)
  local id = redis.call('GET', slot.born)
  if id then return id end
  redis.call('SET', slot.born, new_id)
  return new_id
end

-- Entries lie in 256 small hashes: up to 128 of them, Redis packs a hash, at a third of the memory.
local function entries_of(slot, driver)
  return slot.entries .. string.sub(redis.sha1hex(driver), 1, 2)
end

-- An entry: u16 home, u16 life, u48 capturedAtMs, then a u16 for each partition that the driver is still to be cleared from.
local function unpack_entry(packed)
  local home, life, at = struct.unpack('>I2I2I6', packed)
  local from = {}
  for i = 11, #packed, 2 do from[#from + 1] = struct.unpack('>I2', string.sub(packed, i, i + 1)) end
  return { home = home, life = life, at = at, from = from }
end

local function pack_entry(entry)
  local packed = struct.pack('>I2I2I6', entry.home, entry.life, entry.at)
  for _, p in ipairs(entry.from) do packed = packed .. struct.pack('>I2', p) end
  return packed
end

-- Entries outlive their records, so that an old owner can still be told.
local function get_entry(slot, driver, now, keep)
  local packed = redis.call('HGET', entries_of(slot, driver), driver)
  if not packed then return nil end
  local entry = unpack_entry(packed)
  if now > entry.at + keep then return nil end
  return entry
end

local function set_entry(slot, driver, entry)
  redis.call('HSET', entries_of(slot, driver), driver, pack_entry(entry))
end

local function without(list, p)
  local rest = {}
  for _, q in ipairs(list) do
    if q ~= p then rest[#rest + 1] = q end
  end
  return rest
end

local function drop_todo(slot, p, driver)
  redis.call('HDEL', slot.todo, string.format('%d/', p) .. driver)
end

-- To-dos made in one call share its token: nobody can have read one of them in between.
local function add_todo(slot, p, driver, at)
  slot.new_token = slot.new_token or redis.call('INCR', slot.token)
  redis.call('HSET', slot.todo, string.format('%d/', p) .. driver, string.format('%.0f:%.0f', slot.new_token, at))
end
