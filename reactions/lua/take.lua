-- Takes one request from a rate limit, by the generic cell rate algorithm.
-- KEYS[1]  rate_limit:{name:network}, two times in microseconds since 1970: when all that was taken is earned again, and
--          until when waits have been promised
-- ARGV[1]  microseconds in which one request is earned   ARGV[2]  how many may be taken at once
-- RETURNS  {wait, remaining, reset}: 0 where it was taken, else the microseconds after which this caller can take one;
--          how many can be taken now; the microseconds until all can be. The key expires when it says nothing any more.
-- Callers that are refused at the same moment are told different waits, one request of two that are earned for each, so
-- that all who wait as long as they are told pass; the other half is for those who come meanwhile. None waits longer than
-- for all that can be taken at once.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local interval, at_once = tonumber(ARGV[1]), tonumber(ARGV[2])
local window = interval * at_once
-- Release 0.3.0 and before stored the first time alone.
local earned, promised = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) ?(%d*)$')
-- No later than a server whose clock is right can have written.
local earned_at = math.min(math.max(tonumber(earned or now), now), now + window)
local promised_at = math.min(tonumber(promised) or now, now + window)
local wait = 0
if earned_at + interval > now + window then
  local earliest = math.max(earned_at + interval - window, promised_at)
  wait = math.min(earliest - now, window)
  promised_at = math.min(earliest + 2 * interval, now + window)
else
  earned_at = earned_at + interval
end
local last = math.max(earned_at, promised_at)
redis.call('SET', KEYS[1], string.format('%.0f %.0f', earned_at, promised_at), 'PX', math.max(1, math.ceil((last - now) / 1000)))
return {wait, math.floor((now + window - earned_at) / interval), earned_at - now}
