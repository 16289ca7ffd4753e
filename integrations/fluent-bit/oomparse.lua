-- Adds OOM-kill events to log records: a Fluent Bit filter in Lua, through LuaJIT's FFI and liboomparse.
--
--   [FILTER]
--       Name    lua
--       Match   kernel.*
--       script  oomparse.lua
--       call    oomparse
--
-- The record whose line completes a kill gets the event under `oom`, and the pod's names under
-- `kubernetes` if it has none. Every other record stays as it is (code 0, nothing is copied).
--
-- Settings come from the environment, so that the script need not be changed:
--
--   OOMPARSE_LIB    the library; liboomparse.so.0.1
--   OOMPARSE_PODS   where names of pods stand, with a comma between: /var/log/pods, a listing's file; read again
--                   when a pod is not known and they look different
--   OOMPARSE_TRUST  kernel (default): only what the record proves to be the kernel's; any: all but
--                   what it proves to be a program's
--   OOMPARSE_KEY    the record's key that holds the text, also within an object: log, a.b, $a['b']; the usual
--                   ones by default
--   OOMPARSE_CGROUP_ROOTS
--                   cgroups below which a cluster lives though a user or a service made them (rootless clusters),
--                   with a comma between
--   OOMPARSE_SINCE  all (default); start: kills of before this start are not given out, for an input such as
--                   kmsg reads them again

local ffi = require("ffi")

ffi.cdef [[
typedef struct { const char *data; size_t len; } oomparse_str;
typedef struct oomparse_options oomparse_options;
typedef struct oomparse_parser oomparse_parser;
typedef struct oomparse_event oomparse_event;
typedef struct oomparse_pods oomparse_pods;
typedef struct { size_t records; size_t skipped; char message[256]; } oomparse_loaded;
const char *oomparse_result_str(uint32_t result);
uint32_t oomparse_version_number(void);
uint32_t oomparse_options_new(oomparse_options **out);
void oomparse_options_free(oomparse_options *options);
uint32_t oomparse_options_set_trust(oomparse_options *options, uint32_t trust);
uint32_t oomparse_options_add_cgroup_root(oomparse_options *options, const char *root, size_t len);
uint32_t oomparse_parser_new(const oomparse_options *options, oomparse_parser **out);
void oomparse_parser_free(oomparse_parser *parser);
uint32_t oomparse_parser_set_pods(oomparse_parser *parser, oomparse_pods *pods);
uint32_t oomparse_parser_push_keyed(oomparse_parser *parser, const char *key, size_t key_len,
                                    const char *line, size_t len);
uint32_t oomparse_parser_give_waiting_keyed(oomparse_parser *parser, const char *key, size_t key_len);
uint32_t oomparse_parser_next_event(oomparse_parser *parser, oomparse_event **out);
uint32_t oomparse_parser_wants_every_line_keyed(oomparse_parser *parser, const char *key, size_t key_len,
                                                bool *out);
bool oomparse_line_is_candidate(const char *line, size_t len);
void oomparse_event_free(oomparse_event *event);
uint32_t oomparse_event_to_json(const oomparse_event *event, oomparse_str *out);
bool oomparse_event_is_of_last_line(const oomparse_event *event);
uint32_t oomparse_pods_new(oomparse_pods **out);
void oomparse_pods_free(oomparse_pods *pods);
uint32_t oomparse_pods_follow_path(oomparse_pods *pods, const char *path, size_t len, oomparse_loaded *out);
]]

local OK = 0
local lib = ffi.load(os.getenv("OOMPARSE_LIB") or "liboomparse.so.0.1")
local version = lib.oomparse_version_number()
if version < 0x000100 or version >= 0x000200 then
    error("oomparse.lua is for liboomparse 0.1")
end

local function check(result)
    if result ~= OK then
        error("oomparse: " .. ffi.string(lib.oomparse_result_str(result)))
    end
end

local function make_pods(paths)
    local out = ffi.new("oomparse_pods *[1]")
    check(lib.oomparse_pods_new(out))
    local pods = ffi.gc(out[0], lib.oomparse_pods_free)
    for path in paths:gmatch("[^,%s]+") do
        local loaded = ffi.new("oomparse_loaded")
        if lib.oomparse_pods_follow_path(pods, path, #path, loaded) ~= OK then
            io.stderr:write("oomparse: ", ffi.string(loaded.message), "\n")
        end
    end
    return pods
end

local function make_parser()
    local options, out = ffi.new("oomparse_options *[1]"), ffi.new("oomparse_parser *[1]")
    check(lib.oomparse_options_new(options))
    local trust = os.getenv("OOMPARSE_TRUST") or "kernel"
    if trust ~= "kernel" and trust ~= "any" then
        error("OOMPARSE_TRUST is `kernel` or `any`")
    end
    check(lib.oomparse_options_set_trust(options[0], trust == "any" and 1 or 2))
    for root in (os.getenv("OOMPARSE_CGROUP_ROOTS") or ""):gmatch("[^,%s]+") do
        if lib.oomparse_options_add_cgroup_root(options[0], root, #root) ~= OK then
            error("OOMPARSE_CGROUP_ROOTS are paths that begin with `/`, not `" .. root .. "`")
        end
    end
    check(lib.oomparse_parser_new(options[0], out))
    lib.oomparse_options_free(options[0])
    return ffi.gc(out[0], lib.oomparse_parser_free)
end

local parser = make_parser()
local pods = os.getenv("OOMPARSE_PODS") and make_pods(os.getenv("OOMPARSE_PODS"))
if pods then
    check(lib.oomparse_parser_set_pods(parser, pods))
end

local since = os.getenv("OOMPARSE_SINCE") or "all"
if since ~= "all" and since ~= "start" then
    error("OOMPARSE_SINCE is `all` or `start`")
end
local start = since == "start" and os.time() or 0

local wants = ffi.new("bool[1]")
local event_out = ffi.new("oomparse_event *[1]")
local json_out = ffi.new("oomparse_str[1]")

-- Keys that hold text, the likeliest first, and keys that say nothing about who wrote it.
local TEXT_KEYS = { "MESSAGE", "message", "msg", "log" }
local PLAIN_KEYS = { file = true, filename = true, file_name = true, path = true, offset = true, filepath = true }

-- The ways to read a key, the likeliest first: `a.b` is a key, or `b` in `a`; `$a['b']` is only that.
local function ways(written)
    local steps = written:match("^%$([^%[]*)")
    if not steps then
        local all = { { written } }
        for first, rest in written:gmatch("()%.()") do
            for _, way in ipairs(ways(written:sub(rest))) do
                table.insert(way, 1, written:sub(1, first - 1))
                all[#all + 1] = way
            end
        end
        return all
    end
    local way, rest = { steps }, written:sub(#steps + 2)
    while rest and rest ~= "" do
        local _, step, behind = rest:match("^%[(['\"])(.-)%1%]()")
        way[#way + 1], rest = step, step and rest:sub(behind)
    end
    for _, step in ipairs(way) do
        rest = step ~= "" and rest
    end
    if not rest then
        error("OOMPARSE_KEY is written `log`, `a.b` or `$a['b']`, not `" .. written .. "`")
    end
    return { way }
end

local key_ways = os.getenv("OOMPARSE_KEY") and ways(os.getenv("OOMPARSE_KEY"))

local function text_at(record, way)
    local value = record
    for _, step in ipairs(way) do
        value = type(value) == "table" and value[step] or nil
    end
    return value
end

local function text_of(record)
    if key_ways then
        for _, way in ipairs(key_ways) do
            local text = text_at(record, way)
            if type(text) == "string" then
                return #way == 1 and way[1] or "", text
            end
        end
        return
    end
    for _, key in ipairs(TEXT_KEYS) do
        if type(record[key]) == "string" then
            return key, record[key]
        end
    end
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(char)
    return ESCAPES[char] or string.format("\\u%04x", char:byte())
end

-- A record as JSON, which the parser reads for who wrote the text.
local function encode(value, depth)
    local kind = type(value)
    if kind == "string" then
        return '"' .. value:gsub('[%c"\\]', escape) .. '"'
    elseif kind == "number" then
        return value == math.floor(value) and math.abs(value) < 2 ^ 53 and string.format("%.0f", value)
            or string.format("%.17g", value)
    elseif kind == "boolean" then
        return tostring(value)
    elseif kind ~= "table" or depth > 16 then
        return "null"
    end
    local parts = {}
    for key, inner in pairs(value) do
        if type(key) == "string" then
            parts[#parts + 1] = encode(key, depth) .. ":" .. encode(inner, depth + 1)
        end
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

local function line_of(record, key, text)
    local plain = true
    for other in pairs(record) do
        plain = plain and (other == key or PLAIN_KEYS[other] == true)
    end
    local line = text:gsub("\r?\n$", "")
    -- A text of several lines is a value, not a line of a log.
    if plain and not line:find("\n", 1, true) then
        return line
    end
    if not key_ways then
        return encode(record, 0)
    end
    local copy = {}
    for other, value in pairs(record) do
        copy[other] = value
    end
    for _, other in ipairs(TEXT_KEYS) do
        copy[other] = nil
    end
    copy[key] = nil
    -- The likeliest of all names, in front: no other text of the record is taken for it.
    local name = (key == "MESSAGE" or key == "msg" or key == "log") and key or "message"
    local others = encode(copy, 0):sub(2)
    return '{"' .. name .. '":' .. encode(text, 0) .. (others == "}" and "" or ",") .. others
end

-- The library's own JSON as a table: compact, and always right.
local decode_value

local UNESCAPED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function decode_text(text, at)
    local stop = at + 1
    while true do
        stop = text:find('["\\]', stop)
        if text:byte(stop) == 34 then
            break
        end
        stop = stop + 2
    end
    local raw = text:sub(at + 1, stop - 1)
    if raw:find("\\", 1, true) then
        raw = raw:gsub("\\(u?)(.)(%x?%x?%x?)", function(u, char, more)
            if u == "u" and #more == 3 then
                return string.char(tonumber(char .. more, 16))
            end
            return u .. (u == "" and UNESCAPED[char] or char) .. more
        end)
    end
    return raw, stop + 1
end

local function decode_list(text, at, close, item)
    if text:sub(at + 1, at + 1) == close then
        return at + 2
    end
    repeat
        at = item(at + 1)
    until text:sub(at, at) == close
    return at + 1
end

function decode_value(text, at)
    local first = text:sub(at, at)
    if first == "{" then
        local map = {}
        return map, decode_list(text, at, "}", function(start)
            local key, value
            key, start = decode_text(text, start)
            value, start = decode_value(text, start + 1)
            map[key] = value
            return start
        end)
    elseif first == "[" then
        local list = {}
        return list, decode_list(text, at, "]", function(start)
            list[#list + 1], start = decode_value(text, start)
            return start
        end)
    elseif first == '"' then
        return decode_text(text, at)
    elseif first == "t" then
        return true, at + 4
    elseif first == "f" then
        return false, at + 5
    end
    local number = text:match("^[-%d.eE+]+", at)
    return tonumber(number), at + #number
end

-- The names as Fluent Bit's own `kubernetes` filter writes them.
local function kubernetes(event)
    local pod, container = event.pod, event.container or {}
    if not pod or not pod.name then
        return nil
    end
    return {
        pod_name = pod.name,
        namespace_name = pod.namespace,
        pod_id = pod.uid,
        host = pod.node,
        labels = pod.labels,
        container_name = container.name,
        docker_id = container.id,
    }
end

-- The event that the line pushed last tells: the first kill, and whatever else it tells in its `others`. Any other event is
-- another line's and is let go.
local function event_of_last_line()
    local told, first = {}, nil
    while lib.oomparse_parser_next_event(parser, event_out) == OK do
        local event = event_out[0]
        if lib.oomparse_event_is_of_last_line(event) then
            check(lib.oomparse_event_to_json(event, json_out))
            told[#told + 1] = decode_value(ffi.string(json_out[0].data, json_out[0].len), 1)
            first = first or told[#told].type == "kill" and #told
        end
        lib.oomparse_event_free(event)
    end
    local event = table.remove(told, first or 1)
    if event and #told > 0 then
        event.others = told
    end
    return event
end

-- The last line of each tag that was not handed in: an indented one right behind it may belong to it.
local skipped, skipped_tags = {}, 0

local function skip(tag, line)
    if not skipped[tag] then
        if skipped_tags == 1024 then
            skipped, skipped_tags = {}, 0
        end
        skipped_tags = skipped_tags + 1
    end
    skipped[tag] = line
end

local function push(tag, line)
    local before = skipped[tag]
    if before and line:find("^[ \t]") then
        check(lib.oomparse_parser_push_keyed(parser, tag, #tag, before, #before))
    end
    if before then
        skipped[tag] = ""
    end
    check(lib.oomparse_parser_push_keyed(parser, tag, #tag, line, #line))
    -- This record is answered before another one comes: no kill can wait for a further line.
    check(lib.oomparse_parser_give_waiting_keyed(parser, tag, #tag))
end

-- A record's time: a number, or with `time_as_table` a table.
local function seconds(timestamp)
    return type(timestamp) == "table" and timestamp.sec or timestamp
end

function oomparse(tag, timestamp, record)
    local key, text = text_of(record)
    if type(text) ~= "string" then
        return 0, 0, 0
    end
    if not lib.oomparse_line_is_candidate(text, #text) then
        check(lib.oomparse_parser_wants_every_line_keyed(parser, tag, #tag, wants))
        if not wants[0] then
            skip(tag, text)
            return 0, 0, 0
        end
    end
    local line = line_of(record, key, text)
    push(tag, line)
    local event = event_of_last_line()
    if not event or seconds(timestamp) < start then
        return 0, 0, 0
    end
    -- The user's keys stay: of the two the first that is free.
    local free = record.oom == nil and "oom" or record.oom_event == nil and "oom_event"
    if not free then
        return 0, 0, 0
    end
    record[free] = event
    if record.kubernetes == nil then
        record.kubernetes = kubernetes(event)
    end
    return 2, timestamp, record
end
