-- What integrations/fluent-bit/oomparse.lua does where reports are missing, and what its settings are for.
dofile(arg[1])

local key, since = os.getenv("OOMPARSE_KEY"), os.getenv("OOMPARSE_SINCE")

-- A record with the text where OOMPARSE_KEY says it is, and other text elsewhere.
local function record(text)
    if not key then
        return { log = text }
    elseif key == "a.b" then
        return { ["a.b"] = text, message = "other", data = { message = "another" } }
    elseif key == "j.a.b" then
        return { j = { a = { b = text, message = "other" } }, data = { message = "another" } }
    end
    return { j = { message = text, msg = "other" }, data = { message = "another" }, log = "a third" }
end

local function killed(pid)
    -- Kernels before 4.19 print no UID.
    local rest = pid % 2 == 0 and ", UID:0 pgtables:56kB oom_score_adj:968" or ""
    return ("[%d.1] Memory cgroup out of memory: Killed process %d (java) total-vm:18896kB, anon-rss:16456kB, "
        .. "file-rss:516kB, shmem-rss:4kB%s"):format(pid, pid, rest)
end

if since == "start" then
    local now = os.time()
    assert(oomparse("t", now - 60, record(killed(1))) == 0)
    assert(oomparse("t", { sec = now - 60, nsec = 5 }, record(killed(2))) == 0)
    assert(oomparse("t", now + 1.5, record(killed(3))) == 2)
    assert(oomparse("t", { sec = now + 1, nsec = 5 }, record(killed(4))) == 2)
    return
end

-- A storm: each bare kill has its event in its own record, and only there.
for pid = 1000, 1999 do
    local code, _, new = oomparse("storm", pid, record(killed(pid)))
    assert(code == 2 and new.oom.victim.pid == pid and new.oom.pod == nil and new.kubernetes == nil)
    assert(oomparse("storm", pid, record(killed(pid))) == 0)
    local reaped = ("[%d.2] oom_reaper: reaped process %d (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB")
    assert(oomparse("storm", pid, record(reaped:format(pid, pid))) == 0)
end

-- The user's keys stay.
local mine = record(killed(3000))
mine.oom = "mine"
local code, _, new = oomparse("keys", 1, mine)
assert(code == 2 and new.oom == "mine" and new.oom_event.victim.pid == 3000)
mine = record(killed(3001))
mine.oom, mine.oom_event = "mine", "too"
assert(oomparse("keys", 1, mine) == 0 and mine.oom == "mine" and mine.oom_event == "too")

-- All kills of a record reach it.
local several = record("sh invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0\n" .. killed(3100) .. "\n" .. killed(3101)
    .. "\nOut of memory: Kill process 3102 (sh) score 3 or sacrifice child\nKilled process 3103 (php) total-vm:8kB, anon-rss:4kB, file-rss:0kB")
code, _, new = oomparse("several", 1, several)
assert(code == 2 and new.oom.victim.pid == 3100 and #new.oom.others == 2)
assert(new.oom.others[1].victim.pid == 3101 and new.oom.others[2].victim.pid == 3103 and not new.oom.others[1].others)

-- Pods that live for a moment.
for pod = 10, 14 do
    local uid = "3962896b-ab69-4572-8f1d-ee756f9f35" .. pod
    local path = arg[2] .. "/shop_web-" .. pod .. "_" .. uid
    assert(os.execute("mkdir '" .. path .. "'") == 0)
    local summary = ("[%d.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
        .. "oom_memcg=/kubepods/pod%s,task_memcg=/kubepods/pod%s,task=java,pid=%d,uid=0"):format(4000 + pod, uid, uid, 4000 + pod)
    assert(oomparse("pods", 1, record(summary)) == 0)
    local code, _, new = oomparse("pods", 1, record(killed(4000 + pod)))
    assert(code == 2 and new.oom.pod.name == "web-" .. pod)
    assert(new.kubernetes.pod_name == "web-" .. pod and new.kubernetes.namespace_name == "shop")
    assert(os.execute("rmdir '" .. path .. "'") == 0)
end
print("all right")
