-- Gives back to a rate limit what take.lua took from it, for something that turned out not to count.
-- KEYS[1]  rate_limit:{name:subject}, as take.lua writes it
-- ARGV[1]  how many microseconds are earned by it
-- RETURNS  1 where something was taken, else 0. The key keeps its expiry, or is deleted where it says nothing any more.
local earned, promised = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) ?(%d*)$')
if not earned then
  return 0
end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local earned_at = tonumber(earned) - tonumber(ARGV[1])
-- Waits that were promised while more was taken are over with it.
if earned_at <= now then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', earned_at, tonumber(promised) or now), 'KEEPTTL')
end
return 1
