-- enter: tells the directory in which partition p each of some drivers is. Whoever takes a driver over leaves a to-do for the old home
-- in the same step; a stale holder gets one for itself.
-- KEYS[1] {slot}:born    ARGV new born id, now, keep, then for each driver: p, id, capturedAtMs, flags, life
--   flags: 1 p holds the driver, 2 force (an exact tie is p's), 4 the driver is available; life −1: as the directory knows
-- Out: born, then for each driver: 1, 0 (stale) or 2 + home (stale, and told of the same moment there), life
local function enter_anew(slot, driver, p, at, life)
  if life < 0 then life = math.floor(at / 1000) % 65536 end
  set_entry(slot, driver, { home = p, life = life, at = at, from = {} })
  drop_todo(slot, p, driver)
  return 1, life
end

-- Most calls only say that a driver is still at home, so nothing is unpacked for them beyond the head.
local function stay(slot, hash, driver, packed, old_life, old_at, p, at, flags, life)
  -- A to-do may outlive the entry that it was made with; who is asked about it says that it keeps the driver.
  if flags % 4 >= 2 then drop_todo(slot, p, driver) end
  -- A driver that p had forgotten was out of sight: its spell of availability ended.
  if life < 0 then life = (old_life + 1) % 65536 end
  local head = struct.pack('>I2I2I6', p, life, math.max(old_at, at))
  redis.call('HSET', hash, driver, head .. string.sub(packed, 11))
  return 1, life
end

local function move(slot, driver, packed, p, at, flags, life)
  local holds, force, available = flags % 2 == 1, flags % 4 >= 2, flags >= 4
  local entry = unpack_entry(packed)
  if at < entry.at or (at == entry.at and not force) then
    if holds then
      entry.from = without(entry.from, p)
      entry.from[#entry.from + 1] = p
      set_entry(slot, driver, entry)
      add_todo(slot, p, driver, entry.at)
    end
    return at == entry.at and 2 + entry.home or 0, entry.life
  end
  add_todo(slot, entry.home, driver, at)
  local rest = without(entry.from, p)
  if #rest < #entry.from then drop_todo(slot, p, driver) end
  rest[#rest + 1] = entry.home
  entry.from = rest
  -- Whether it stopped being available between the two homes can't be known: a spell begins anew where it isn't.
  life = available and entry.life or (entry.life + 1) % 65536
  entry.home, entry.at, entry.life = p, at, life
  set_entry(slot, driver, entry)
  return 1, life
end

local function enter(keys, args)
  local slot = slot_keys(keys[1])
  local now, keep = tonumber(args[2]), tonumber(args[3])
  local out = { born_of(slot, args[1]) }
  for i = 4, #args, 5 do
    local p, driver, at = tonumber(args[i]), args[i + 1], tonumber(args[i + 2])
    local flags, life = tonumber(args[i + 3]), tonumber(args[i + 4])
    local hash = entries_of(slot, driver)
    local packed = redis.call('HGET', hash, driver)
    local home, old_life, old_at
    if packed then home, old_life, old_at = struct.unpack('>I2I2I6', packed) end
    local ok
    if not packed or now > old_at + keep then
      ok, life = enter_anew(slot, driver, p, at, life)
    elseif home == p then
      ok, life = stay(slot, hash, driver, packed, old_life, old_at, p, at, flags, life)
    else
      ok, life = move(slot, driver, packed, p, at, flags, life)
    end
    out[#out + 1] = ok
    out[#out + 1] = life
  end
  return out
end
redis.register_function('@VERSION@_enter', enter)
