-- Stores what a live process says about itself, with the time of this server: clocks of machines differ. Deletes what
-- processes have said that are gone.
-- KEYS[1]  live-processes
-- ARGV[1]  the name of the process   ARGV[2]  JSON   ARGV[3]  after how many seconds without a word one is gone
-- RETURNS  how many were deleted
local now = tonumber(redis.call('TIME')[1])
local deleted = 0
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
local found = redis.call('HGETALL', KEYS[1])
for i = 1, #found, 2 do
  if tonumber(string.match(found[i + 1], '^%d+') or 0) < now - tonumber(ARGV[3]) then
    deleted = deleted + redis.call('HDEL', KEYS[1], found[i])
  end
end
return deleted
