-- Stores an article's counts unless newer ones are there: a worker may overtake another.
-- KEYS[1]  counts:{article}
-- ARGV[1]  version, a whole number   ARGV[2]  state   ARGV[3]  body, JSON
-- ARGV[4]  when it closes, in seconds since 1970, or nothing   ARGV[5]  the settings that the body is right for
-- ARGV[6]  lifetime in seconds   ARGV[7]  the channel on which it is published where stored, or nothing
-- RETURNS  1 where stored, 0 where the stored version is newer. The lifetime is renewed only where stored, and never
--          shortened: what a read stores lives shorter than what an aggregation wrote.
local stored = redis.call('HGET', KEYS[1], 'version')
if stored and tonumber(stored) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'state', ARGV[2], 'body', ARGV[3],
  'closes_at', ARGV[4], 'made_for', ARGV[5])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[6]) then
  redis.call('EXPIRE', KEYS[1], ARGV[6])
end
if ARGV[7] ~= '' then
  redis.call('PUBLISH', ARGV[7], table.concat({KEYS[1], ARGV[1], ARGV[2], ARGV[4], ARGV[5], ARGV[3]}, '\n'))
end
return 1
