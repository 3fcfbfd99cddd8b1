-- Makes an attempt lighter, as if it had asked for less to begin with.
-- KEYS are windows of take.lua. ARGV: the name of the attempt, then for each window the weight it had and the weight it keeps.
for i, key in ipairs(KEYS) do
  local weight, kept = ARGV[2 * i], ARGV[2 * i + 1]
  local attempt = weight .. ':' .. ARGV[1]
  local at = redis.call('ZSCORE', key, attempt)
  if at then
    redis.call('ZREM', key, attempt)
    if tonumber(kept) > 0 then
      redis.call('ZADD', key, at, kept .. ':' .. ARGV[1])
    end
    redis.call('ZINCRBY', key, weight - kept, 'used')
  end
end
return 0
