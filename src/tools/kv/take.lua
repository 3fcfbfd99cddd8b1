-- One attempt in every window, or in none. KEYS are sorted sets: each attempt is a member "weight:name", scored by its
-- time, and the member "used" has the sum of their weights as its score, negative, so that it comes before all times.
-- ARGV: the time now (empty: this server's), a name no other attempt has, then limit, period and weight of each window.
-- All times in microseconds. Answers how long to wait (0: granted), the window that holds up longest, then for each
-- window what is used and how long until nothing is.
local name = ARGV[2]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function weight_of(attempt)
  return tonumber(string.match(attempt, '^%d+'))
end

local function forget_until(key, edge)
  local freed = 0
  for _, attempt in ipairs(redis.call('ZRANGEBYSCORE', key, '(0', edge)) do
    freed = freed + weight_of(attempt)
  end
  if freed > 0 then
    redis.call('ZREMRANGEBYSCORE', key, '(0', edge)
    redis.call('ZINCRBY', key, freed, 'used')
  end
end

local function wait_for(key, excess, period)
  local at, place = now - period, 1
  while excess > 0 do
    local oldest = redis.call('ZRANGE', key, place, place, 'WITHSCORES')
    if not oldest[1] then break end
    excess, at, place = excess - weight_of(oldest[1]), tonumber(oldest[2]), place + 1
  end
  return at + period - now
end

local wait, worst, answer = 0, 0, {0, 0}
for i, key in ipairs(KEYS) do
  local limit, period, weight = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  forget_until(key, now - period)
  local used = -tonumber(redis.call('ZSCORE', key, 'used') or 0)
  if weight > 0 then
    local waits = wait_for(key, used + weight - limit, period)
    if waits > wait then wait, worst = waits, i end
  end
  answer[2 * i + 1] = used
end

for i, key in ipairs(KEYS) do
  local period, weight = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  if wait == 0 and weight > 0 then
    redis.call('ZADD', key, now, weight .. ':' .. name)
    redis.call('ZINCRBY', key, -weight, 'used')
    redis.call('PEXPIRE', key, math.ceil(period / 1000))
    answer[2 * i + 1] = answer[2 * i + 1] + weight
  end
  local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  answer[2 * i + 2] = newest[1] and newest[1] ~= 'used' and tonumber(newest[2]) + period - now or 0
end
answer[1], answer[2] = wait, worst
return answer
