-- Records one attempt in every window, or in none where any of them is full. KEYS are sorted sets: each attempt is a member
-- "weight:name", scored by its time, and the member "used" has the sum of their weights as its score, negative, so that it
-- comes before all times.
-- ARGV: the time now (empty: this server's), a name no other attempt has, then limit, period and weight of each window. All
-- times in microseconds.
-- An attempt dated more than a second ahead was counted before the clock was set back. Where one would hold up another, all
-- that are dated ahead are forgotten: no wait is longer than the period.
-- Answers how long to wait (0: granted), the window with the longest wait, then for each window what is used and how long
-- until nothing is.
local name, now = ARGV[2], ARGV[1]
if now == '' then
  local time = redis.call('TIME')
  now = time[1] .. string.format('%06d', time[2])
end
-- Formatted once: Redis takes longer to format a number than for anything else here.
local now_text = now
now = tonumber(now)

local limits, periods, weights, used, newest, has_forgotten = {}, {}, {}, {}, {}, {}
for i = 1, #KEYS do
  limits[i], periods[i], weights[i] = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
end

local function weight_of(attempt)
  return tonumber(string.match(attempt, '^%d+'))
end

local function forget(i, from, to)
  for _, attempt in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], from, to)) do
    used[i] = used[i] - weight_of(attempt)
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[i], from, to)
  has_forgotten[i] = true
end

-- Reads what is used, and forgets what no longer counts. Most often that is nothing, or one attempt, which one read shows.
local function read(i)
  local edge, first = now - periods[i], redis.call('ZRANGE', KEYS[i], 0, 2, 'WITHSCORES')
  used[i], has_forgotten[i] = -tonumber(first[2] or 0), first[4] and tonumber(first[4]) <= edge
  if not has_forgotten[i] then return end
  if first[6] and tonumber(first[6]) > edge then
    used[i] = used[i] - weight_of(first[3])
    redis.call('ZREM', KEYS[i], first[3])
  else
    forget(i, '(0', edge)
  end
end

-- The time of the attempt that has to be forgotten before there is room.
local function time_of_last_in_the_way(i)
  local excess, at, index = used[i] + weights[i] - limits[i], now - periods[i], 1
  while excess > 0 do
    local next = redis.call('ZRANGE', KEYS[i], index, index, 'WITHSCORES')
    if not next[1] then break end
    excess, at, index = excess - weight_of(next[1]), tonumber(next[2]), index + 1
  end
  return at
end

local function wait_for(i)
  if time_of_last_in_the_way(i) > now + 1000000 then
    -- The clock was set back: what it dated ahead is forgotten. The instances have counted it too, by clocks that cannot be
    -- set, and refuse for a period; to count it here from now on would make that two.
    forget(i, '(' .. now_text, '+inf')
  end
  return math.min(time_of_last_in_the_way(i) + periods[i] - now, periods[i])
end

local function record(i)
  used[i], newest[i] = used[i] + weights[i], now
  redis.call('ZADD', KEYS[i], now_text, ARGV[3 * i + 2] .. ':' .. name, string.format('-%d', used[i]), 'used')
  redis.call('PEXPIRE', KEYS[i], string.format('%d', math.ceil(periods[i] / 1000)))
end

local function newest_of(key)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  return last[1] and last[1] ~= 'used' and tonumber(last[2])
end

local longest, fullest = 0, 0
for i = 1, #KEYS do
  read(i)
  local wait = weights[i] > 0 and wait_for(i) or 0
  if wait > longest then longest, fullest = wait, i end
end

local answer = {longest, fullest}
for i, key in ipairs(KEYS) do
  if longest == 0 and weights[i] > 0 then
    record(i)
  elseif has_forgotten[i] then
    redis.call('ZADD', key, -used[i], 'used')
  end
  local at = newest[i] or newest_of(key)
  answer[2 * i + 1] = used[i]
  answer[2 * i + 2] = at and math.min(at + periods[i] - now, periods[i]) or 0
end
return answer
