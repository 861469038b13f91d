-- Stores an article's public answer unless a newer one is there: workers may overtake one another.
-- KEYS[1]  counts:{article}
-- ARGV[1]  version, a whole number   ARGV[2]  answer, JSON   ARGV[3]  lifetime in seconds
-- RETURNS  1 where stored, 0 where what was there is newer. The lifetime is renewed only where stored.
local held = redis.call('HGET', KEYS[1], 'version')
if held and tonumber(held) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'answer', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
