-- enter: tells the directory in which partition p each of some drivers is. Whoever takes a driver over leaves a to-do for the old home
-- in the same step; a stale holder gets one for itself.
-- KEYS[1] {slot}:born    ARGV new born id, now, keep, then for each driver: p, id, capturedAtMs, flags, life
--   flags: 1 p holds the driver, 2 force (an exact tie is p's), 4 the driver is available; life −1: as the directory knows
-- Out: born, then for each driver: 1 or 0 (stale), life
local function enter(keys, args)
  local slot = slot_keys(keys[1])
  redis.call('SET', keys[1], args[1], 'NX')
  local now, keep = tonumber(args[2]), tonumber(args[3])
  local out = { redis.call('GET', keys[1]) }
  for i = 4, #args, 5 do
    local p, driver, at = tonumber(args[i]), args[i + 1], tonumber(args[i + 2])
    local flags, life = tonumber(args[i + 3]), tonumber(args[i + 4])
    local holds, force, available = flags % 2 == 1, flags % 4 >= 2, flags >= 4
    local entry = get_entry(slot, driver, now, keep)
    local ok = 1
    if not entry then
      if life < 0 then life = math.floor(at / 1000) % 65536 end
      redis.call('HSET', slot.entries, driver, pack_entry({ home = p, life = life, at = at, from = {} }))
      drop_todo(slot, p, driver)
    elseif entry.home == p then
      -- A driver that p had forgotten was out of sight: its spell of availability ended.
      if life < 0 then life = (entry.life + 1) % 65536 end
      entry.life, entry.at = life, math.max(entry.at, at)
      redis.call('HSET', slot.entries, driver, pack_entry(entry))
    elseif at < entry.at or (at == entry.at and not force) then
      ok, life = 0, entry.life
      if holds then
        entry.from = without(entry.from, p)
        entry.from[#entry.from + 1] = p
        redis.call('HSET', slot.entries, driver, pack_entry(entry))
        add_todo(slot, p, driver, entry.at)
      end
    else
      add_todo(slot, entry.home, driver, at)
      drop_todo(slot, p, driver)
      entry.from = without(entry.from, p)
      entry.from[#entry.from + 1] = entry.home
      -- Whether it stopped being available between the two homes can't be known: a spell begins anew where it isn't.
      life = available and entry.life or (entry.life + 1) % 65536
      entry.home, entry.at, entry.life = p, at, life
      redis.call('HSET', slot.entries, driver, pack_entry(entry))
    end
    out[#out + 1] = ok
    out[#out + 1] = life
  end
  return out
end
redis.register_function('@VERSION@_enter', enter)
