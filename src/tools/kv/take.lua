-- Two attempts in turn, each in every window of its own or in none, the second only where the first is granted. KEYS are
-- sorted sets: each attempt is a member "weight:name", scored by its time, and the member "used" has the sum of their
-- weights as its score, negative, so that it comes before all times.
-- ARGV: the time now (empty: this server's), a name no other attempt has, how many of the windows are the first
-- attempt's, then limit, period and weight of each window. All times in microseconds.
-- Answers how long to wait (0: both granted), the window that holds up longest, then for each window what is used and how
-- long until nothing is.
local name, firsts = ARGV[2], tonumber(ARGV[3])
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local limits, periods, weights, used = {}, {}, {}, {}
for i = 1, #KEYS do
  limits[i], periods[i], weights[i] = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
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

local function take(from, to)
  local wait, worst = 0, 0
  for i = from, to do
    forget_until(KEYS[i], now - periods[i])
    used[i] = -tonumber(redis.call('ZSCORE', KEYS[i], 'used') or 0)
    if weights[i] > 0 then
      local waits = wait_for(KEYS[i], used[i] + weights[i] - limits[i], periods[i])
      if waits > wait then wait, worst = waits, i end
    end
  end
  for i = from, to do
    if wait == 0 and weights[i] > 0 then
      redis.call('ZADD', KEYS[i], now, weights[i] .. ':' .. name)
      redis.call('ZINCRBY', KEYS[i], -weights[i], 'used')
      redis.call('PEXPIRE', KEYS[i], math.ceil(periods[i] / 1000))
      used[i] = used[i] + weights[i]
    end
  end
  return wait, worst
end

local wait, worst = take(1, firsts)
if wait == 0 then wait, worst = take(firsts + 1, #KEYS) end

local answer = {wait, worst}
for i, key in ipairs(KEYS) do
  local newest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  answer[2 * i + 1] = used[i] or 0
  answer[2 * i + 2] = newest[1] and newest[1] ~= 'used' and tonumber(newest[2]) + periods[i] - now or 0
end
return answer
