-- One attempt in every window, or in none: KEYS are sorted sets of attempts, scored by their time.
-- ARGV: the time now, a name no other attempt has, then limit and period of each window. All times in microseconds.
-- Answers how long to wait, 0 where the attempt was granted.
local now, name = tonumber(ARGV[1]), ARGV[2]
local wait = 0
for i, key in ipairs(KEYS) do
  local limit, period = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - period)
  local attempts = redis.call('ZCARD', key)
  if attempts >= limit then
    local blocking = redis.call('ZRANGE', key, attempts - limit, attempts - limit, 'WITHSCORES')
    wait = math.max(wait, tonumber(blocking[2]) + period - now)
  end
end
if wait > 0 then
  return wait
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, name)
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 * i + 2]) / 1000))
end
return 0
