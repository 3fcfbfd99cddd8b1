-- Makes an attempt lighter, as if it had asked for less to begin with.
-- KEYS[1] is a window of take.lua. ARGV: the name of the attempt, what it weighed and what it keeps.
local name, weighed, keeps = ARGV[1], ARGV[2], ARGV[3]
local at = redis.call('ZSCORE', KEYS[1], weighed .. ':' .. name)
if at then
  redis.call('ZREM', KEYS[1], weighed .. ':' .. name)
  if tonumber(keeps) > 0 then
    redis.call('ZADD', KEYS[1], at, keeps .. ':' .. name)
  end
  redis.call('ZINCRBY', KEYS[1], weighed - keeps, 'used')
end
return 0
