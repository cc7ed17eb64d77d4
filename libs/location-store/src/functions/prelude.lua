#!lua name=@VERSION@
-- Header, geo set and records of a partition under one incarnation. The first key is always {p}:inc, whose value is the
-- incarnation that counts.
local function incarnation_keys(inc_key, incarnation)
  local base = string.sub(inc_key, 1, -4)
  return { base .. 'header:' .. incarnation, base .. 'geo:' .. incarnation, base .. 'records:' .. incarnation }
end

-- A directory slot: {slot}:born (an id from when it was made empty), {slot}:entries:<00…ff> (driver → entry), {slot}:todo
-- (p/driver → token:capturedAtMs:hash: partition p has to clear the driver), {slot}:token (the last token given).
-- Entries lie in 256 small hashes: up to 128 of them, Redis packs a hash, at a third of the memory. Which of them a driver's
-- is, callers say, as two hex digits: to hash an id costs more here than there.
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

-- An entry: u16 home, u16 life, u48 capturedAtMs, then a u16 for each partition that the driver is still to be cleared from.
-- Most have none of these: so entries are handled as they are packed.
local HEAD = '>I2I2I6'
local AT_AT = 5
local FROM_AT = 11

-- The entry without p among the partitions to be cleared.
local function without(packed, p)
  for i = FROM_AT, #packed, 2 do
    if struct.unpack('>I2', packed, i) == p then return string.sub(packed, 1, i - 1) .. string.sub(packed, i + 2) end
  end
  return packed
end

-- Entries outlive their records, so that an old owner can still be told. The entry as it is packed, or false.
local function kept_entry(slot, hash, driver, now, keep)
  local packed = redis.call('HGET', slot.entries .. hash, driver)
  if not packed then return false end
  local _, _, at = struct.unpack(HEAD, packed)
  return now <= at + keep and packed
end
