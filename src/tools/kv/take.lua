-- Two attempts in turn, each in every window of its own or in none, the second only where the first is granted. KEYS are
-- sorted sets: each attempt is a member "weight:name", scored by its time, and the member "used" has the sum of their
-- weights as its score, negative, so that it comes before all times.
-- ARGV: the time now (empty: this server's), a name no other attempt has, how many of the windows are the first
-- attempt's, then limit, period and weight of each window. All times in microseconds.
-- An attempt dated more than a second ahead was counted before the clock was set back. Where one would hold up another, all
-- that are dated ahead are forgotten: no wait is longer than the period.
-- Answers how long to wait (0: both granted), the window that holds up longest, then for each window what is used and how
-- long until nothing is.
local name, firsts, now = ARGV[2], tonumber(ARGV[3]), ARGV[1]
if now == '' then
  local time = redis.call('TIME')
  now = time[1] .. string.format('%06d', time[2])
end
-- Written out once: Redis takes longer to write a number than for anything else here.
local now_written = now
now = tonumber(now)

local limits, periods, weights, used, newest, has_forgotten = {}, {}, {}, {}, {}, {}
for i = 1, #KEYS do
  limits[i], periods[i], weights[i] = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
end

local function weight_of(attempt)
  return tonumber(string.match(attempt, '^%d+'))
end

local function forget_until(i, edge)
  for _, attempt in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], '(0', edge)) do
    used[i] = used[i] - weight_of(attempt)
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '(0', edge)
end

-- Most often nothing has to be forgotten, or one attempt, and one look tells it.
local function look(i)
  local edge, first = now - periods[i], redis.call('ZRANGE', KEYS[i], 0, 2, 'WITHSCORES')
  used[i], has_forgotten[i] = -tonumber(first[2] or 0), first[4] and tonumber(first[4]) <= edge
  if not has_forgotten[i] then return end
  if first[6] and tonumber(first[6]) > edge then
    used[i] = used[i] - weight_of(first[3])
    redis.call('ZREM', KEYS[i], first[3])
  else
    forget_until(i, edge)
  end
end

-- When that was counted which has to be forgotten until there is room.
local function freeing(i)
  local excess, at, place = used[i] + weights[i] - limits[i], now - periods[i], 1
  while excess > 0 do
    local next = redis.call('ZRANGE', KEYS[i], place, place, 'WITHSCORES')
    if not next[1] then break end
    excess, at, place = excess - weight_of(next[1]), tonumber(next[2]), place + 1
  end
  return at
end

-- The clock was set back: what it dated ahead is forgotten. The instances have counted it too, by clocks that nobody sets, and
-- refuse for a period; to count it from now on would make that two.
local function forget_ahead(i)
  local ahead = '(' .. now_written
  for _, attempt in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], ahead, '+inf')) do
    used[i] = used[i] - weight_of(attempt)
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[i], ahead, '+inf')
  has_forgotten[i] = true
end

local function wait_for(i)
  if freeing(i) > now + 1000000 then forget_ahead(i) end
  return math.min(freeing(i) + periods[i] - now, periods[i])
end

local function record(i)
  used[i], newest[i] = used[i] + weights[i], now
  redis.call('ZADD', KEYS[i], now_written, ARGV[3 * i + 3] .. ':' .. name, string.format('-%d', used[i]), 'used')
  redis.call('PEXPIRE', KEYS[i], string.format('%d', math.ceil(periods[i] / 1000)))
end

local function take(from, to)
  local wait, worst = 0, 0
  for i = from, to do
    look(i)
    if weights[i] > 0 then
      local waits = wait_for(i)
      if waits > wait then wait, worst = waits, i end
    end
  end
  for i = from, to do
    if wait == 0 and weights[i] > 0 then
      record(i)
    elseif has_forgotten[i] then
      redis.call('ZADD', KEYS[i], -used[i], 'used')
    end
  end
  return wait, worst
end

local function newest_of(key)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  return last[1] and last[1] ~= 'used' and tonumber(last[2])
end

local wait, worst = take(1, firsts)
if wait == 0 then wait, worst = take(firsts + 1, #KEYS) end

local answer = {wait, worst}
for i, key in ipairs(KEYS) do
  local at = newest[i] or newest_of(key)
  answer[2 * i + 1] = used[i] or 0
  answer[2 * i + 2] = at and math.min(at + periods[i] - now, periods[i]) or 0
end
return answer
