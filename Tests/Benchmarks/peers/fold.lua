-- One batch of events, atomically: logs those that are new, and counts them. Returns how many were new.
--
-- ARGV has seven words an event: id, company, user, task, day, time in ms, amount.
--   log           stream, an entry an event; one for a whole batch took some 5 to 10 % less where it was
--                 tried, and would be no event to a reader
--   ids:DAY       set, the ids of events of that day
--   company:NAME  hash: day:DAY and task:TASK, numbers of events
--   users:NAME    set
--   last          sorted set, companies by the time of their last event
--
-- A call of Redis from Lua costs more than what it does for one member, so ids, users and times go many to a call, and
-- what a batch adds to a counter is added up before.

local WORDS = 7
-- Lua's stack holds 8,000 values, where unpack puts each argument; even, since times and companies go in pairs.
local AT_ONCE = 7000

local function in_pieces(list, call)
    for first = 1, #list, AT_ONCE do
        call(first, math.min(first + AT_ONCE - 1, #list))
    end
end

local ids_of_day = {}
for place = 1, #ARGV, WORDS do
    local day = ARGV[place + 4]
    local ids = ids_of_day[day]
    if not ids then
        ids = {}
        ids_of_day[day] = ids
    end
    ids[#ids + 1] = ARGV[place]
end

-- By day and id: true for an event that is to be counted. Cleared when it is, so that a second one in the same batch
-- is not.
local new_ids_of_day = {}
for day, ids in pairs(ids_of_day) do
    local key = 'ids:' .. day
    local is_new = {}
    in_pieces(ids, function(first, last)
        local known = redis.call('SMISMEMBER', key, unpack(ids, first, last))
        for index = first, last do
            is_new[ids[index]] = known[index - first + 1] == 0
        end
    end)
    in_pieces(ids, function(first, last)
        redis.call('SADD', key, unpack(ids, first, last))
    end)
    new_ids_of_day[day] = is_new
end

local new = 0
-- By company: what to add to each counter, the greatest time (of 13 digits, so that texts compare like numbers), users.
local companies = {}
for place = 1, #ARGV, WORDS do
    local id, company, user, task = ARGV[place], ARGV[place + 1], ARGV[place + 2], ARGV[place + 3]
    local day, time, amount = ARGV[place + 4], ARGV[place + 5], ARGV[place + 6]
    local is_new = new_ids_of_day[day]
    if is_new[id] then
        is_new[id] = false
        new = new + 1
        redis.call('XADD', 'log', '*', 'event', table.concat(ARGV, '\t', place, place + WORDS - 1))
        local entry = companies[company]
        if not entry then
            entry = {counts = {}, last = time, users = {}}
            companies[company] = entry
        end
        local counts = entry.counts
        local day_field, task_field = 'day:' .. day, 'task:' .. task
        counts[day_field] = (counts[day_field] or 0) + 1
        counts[task_field] = (counts[task_field] or 0) + 1
        if time > entry.last then
            entry.last = time
        end
        entry.users[#entry.users + 1] = user
    end
end

local last_times = {}
for company, entry in pairs(companies) do
    local key = 'company:' .. company
    for field, events in pairs(entry.counts) do
        redis.call('HINCRBY', key, field, events)
    end
    in_pieces(entry.users, function(first, last)
        redis.call('SADD', 'users:' .. company, unpack(entry.users, first, last))
    end)
    last_times[#last_times + 1] = entry.last
    last_times[#last_times + 1] = company
end
in_pieces(last_times, function(first, last)
    redis.call('ZADD', 'last', 'GT', unpack(last_times, first, last))
end)
return new
