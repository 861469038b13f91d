-- Takes one request from a rate limit, by the generic cell rate algorithm: one key, which holds the time at which all that
-- was taken is earned again.
-- KEYS[1]  rate_limit:{name:network}
-- ARGV[1]  microseconds in which one request is earned   ARGV[2]  how many may be taken at once
-- RETURNS  0 where it was taken, else after how many microseconds one can be. The key expires when all is earned.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local interval, at_once = tonumber(ARGV[1]), tonumber(ARGV[2])
local earned_at = tonumber(redis.call('GET', KEYS[1]) or now)
-- No later than a server whose clock is right can have written.
earned_at = math.min(math.max(earned_at, now), now + interval * at_once) + interval
local wait = earned_at - now - interval * at_once
if wait > 0 then
  return wait
end
redis.call('SET', KEYS[1], string.format('%.0f', earned_at), 'PX', math.ceil((earned_at - now) / 1000))
return 0
