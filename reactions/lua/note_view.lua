-- Notes that a client opened an article in a half hour, and that its number has to be copied.
-- KEYS[1]  views:{views}:{article id}:{start}   KEYS[2]  views-changed:{views}   KEYS[3]  views-requests:{views}
-- ARGV[1]  the member of KEYS[2]   ARGV[2]  the hash of the client   ARGV[3]  the lifetime in seconds
-- RETURNS  1 where the client was not among them, else 0. The first two keys expire.
local clock = redis.call('TIME')
local is_new = redis.call('PFADD', KEYS[1], ARGV[2])
-- After that, so that who reads this time reads a number with this view in it.
redis.call('ZADD', KEYS[2], string.format('%.0f', clock[1] * 1000000 + clock[2]), ARGV[1])
redis.call('HINCRBY', KEYS[3], 'noted', 1)
for key = 1, 2 do
  redis.call('EXPIRE', KEYS[key], ARGV[3])
end
return is_new
