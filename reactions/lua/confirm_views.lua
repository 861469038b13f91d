-- Takes what was copied off the list of what has to be copied, unless it has changed since.
-- KEYS[1]  views-changed:{views}
-- ARGV     pairs: a member, and its score as it was read before the copy
-- RETURNS  how many were taken off.
local removed = 0
for place = 1, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[place])
  if score and tonumber(score) == tonumber(ARGV[place + 1]) then
    removed = removed + redis.call('ZREM', KEYS[1], ARGV[place])
  end
end
return removed
