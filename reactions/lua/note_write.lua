-- Stores the number of a write of counts, after the counts themselves. A Redis that lacks what was confirmed before came
-- back old: it keeps its number, so that this is noticed again until the counts are written again.
-- KEYS[1]  counts-writes
-- ARGV[1]  the number of this write   ARGV[2]  the highest number that Redis had confirmed before this write began
-- ARGV[3]  the channel on which the live processes are asked to read again where Redis came back old or empty
-- RETURNS  the number that was stored, -1 where there was none: Redis is empty, and readers fill it
local stored = tonumber(redis.call('GET', KEYS[1]) or -1)
local is_old = stored >= 0 and stored < tonumber(ARGV[2])
if not is_old and tonumber(ARGV[1]) > stored then
  redis.call('SET', KEYS[1], ARGV[1])
end
if math.max(stored, 0) < tonumber(ARGV[2]) then
  redis.call('PUBLISH', ARGV[3], 'refresh')
end
return stored
