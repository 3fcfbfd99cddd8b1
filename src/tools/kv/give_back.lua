-- Makes an attempt lighter, as if it had asked for less to begin with.
-- KEYS are windows of take.lua. ARGV: the name of the attempt, then for each window what it weighed and what it keeps.
for i, key in ipairs(KEYS) do
  local weighed, keeps = ARGV[2 * i], ARGV[2 * i + 1]
  local attempt = weighed .. ':' .. ARGV[1]
  local at = redis.call('ZSCORE', key, attempt)
  if at then
    redis.call('ZREM', key, attempt)
    if tonumber(keeps) > 0 then
      redis.call('ZADD', key, at, keeps .. ':' .. ARGV[1])
    end
    redis.call('ZINCRBY', key, weighed - keeps, 'used')
  end
end
return 0
