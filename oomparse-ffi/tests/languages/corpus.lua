-- Gives the lines of the logs of a list to integrations/fluent-bit/oomparse.lua as Fluent Bit does, and
-- prints the events that it puts into the records as JSON.
dofile(arg[1])

local function encode(value)
    if type(value) == "string" then
        return '"' .. value:gsub('[%c"\\]', function(char)
            return string.format("\\u%04x", char:byte())
        end) .. '"'
    elseif type(value) == "number" then
        return string.format(value % 1 == 0 and "%.0f" or "%.14g", value)
    elseif type(value) ~= "table" then
        return tostring(value)
    end
    local parts = {}
    if #value > 0 then
        for _, inner in ipairs(value) do
            parts[#parts + 1] = encode(inner)
        end
        return "[" .. table.concat(parts, ",") .. "]"
    end
    for key, inner in pairs(value) do
        parts[#parts + 1] = encode(key) .. ":" .. encode(inner)
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

local function one(path, line)
    local record = { log = line, file = path }
    local code, timestamp, new = oomparse(path, 0.5, record)
    if code == 0 then
        assert(record.log == line and record.file == path and record.oom == nil)
        return
    end
    assert(code == 2 and timestamp == 0.5 and new == record)
    assert(record.log == line and record.file == path)
    io.write(encode(record.oom), "\n")
    if record.oom.pod and record.oom.pod.name then
        assert(record.kubernetes.pod_name == record.oom.pod.name)
        assert(record.kubernetes.namespace_name == record.oom.pod.namespace)
        assert(record.kubernetes.pod_id == record.oom.pod.uid)
    end
end

for row in io.lines(arg[2]) do
    local path = row:match("^[^\t]+")
    io.write("== ", path, "\n")
    local file = assert(io.open(path, "rb"))
    for line in (file:read("*a") .. "\n"):gmatch("([^\n]*)\n") do
        one(path, line)
    end
    file:close()
end

-- Who wrote it decides, and a user's own keys stay.
local killed = "Killed process 4021 (mysqld) total-vm:8kB"
local code = oomparse("c", 1, { log = killed, stream = "stdout" })
assert(code == 0)
for _, record in ipairs({ {}, { log = 7 }, { log = false }, { other = killed } }) do
    assert(oomparse("d", 1, record) == 0)
end

-- What dmesg indents belongs to the line before it, though that one need not be looked at by itself: the
-- cgroup in it is a process's name, and not that of the kill which follows.
local pod = "/kubepods/pod3962896b-ab69-4572-8f1d-ee756f9f3589"
local forged = "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=" .. pod
    .. ",task_memcg=" .. pod .. ",task=y,pid=5,uid=0"
local kill = "Memory cgroup out of memory: Killed process 5 (y) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB"
for tag, head in pairs({ e = "[7.000000] ", f = "           " }) do
    assert(oomparse(tag, 1, { log = "[7.000000] x" }) == 0)
    assert(oomparse(tag, 1, { log = head .. forged }) == 0)
    local code, _, record = oomparse(tag, 1, { log = "[8.000000] " .. kill })
    assert(code == 2 and (record.oom.pod ~= nil) == (tag == "e"))
end
