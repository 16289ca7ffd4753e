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
--   OOMPARSE_SOURCES
--                   daemons whose lines are read beside the kernel's, with a comma between, or all: earlyoom,kubelet
--   OOMPARSE_ORIGIN whose log it is, where its lines do not say so: a daemon's name
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
uint32_t oomparse_options_add_source(oomparse_options *options, const char *name, size_t len);
uint32_t oomparse_options_set_origin(oomparse_options *options, const char *name, size_t len);
uint32_t oomparse_options_add_cgroup_root(oomparse_options *options, const char *root, size_t len);
uint32_t oomparse_options_add_text_key(oomparse_options *options, const char *key, size_t len);
uint32_t oomparse_options_set_since(oomparse_options *options, uint64_t seconds);
uint32_t oomparse_options_set_max_events(oomparse_options *options, size_t max);
uint32_t oomparse_parser_new(const oomparse_options *options, oomparse_parser **out);
void oomparse_parser_free(oomparse_parser *parser);
uint32_t oomparse_parser_set_pods(oomparse_parser *parser, oomparse_pods *pods);
bool oomparse_parser_wants_record(oomparse_parser *parser, const char *key, size_t key_len, const char *record_text,
                                  size_t len);
uint32_t oomparse_parser_push_record(oomparse_parser *parser, const char *key, size_t key_len, const char *record,
                                     size_t len, uint64_t seconds, oomparse_event **out);
void oomparse_event_free(oomparse_event *event);
uint32_t oomparse_event_members(const oomparse_event *event, oomparse_str *out);
uint32_t oomparse_pods_new(oomparse_pods **out);
void oomparse_pods_free(oomparse_pods *pods);
uint32_t oomparse_pods_follow_path(oomparse_pods *pods, const char *path, size_t len, oomparse_loaded *out);
]]

local OK, ABSENT = 0, 1
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
    for name in (os.getenv("OOMPARSE_SOURCES") or ""):gmatch("[^,%s]+") do
        if lib.oomparse_options_add_source(options[0], name, #name) ~= OK then
            error("OOMPARSE_SOURCES are daemons whose lines are read, or `all`, not `" .. name .. "`")
        end
    end
    local origin = os.getenv("OOMPARSE_ORIGIN") or ""
    if lib.oomparse_options_set_origin(options[0], origin, #origin) ~= OK then
        error("OOMPARSE_ORIGIN is a daemon whose lines are read, not `" .. origin .. "`")
    end
    for root in (os.getenv("OOMPARSE_CGROUP_ROOTS") or ""):gmatch("[^,%s]+") do
        if lib.oomparse_options_add_cgroup_root(options[0], root, #root) ~= OK then
            error("OOMPARSE_CGROUP_ROOTS are paths that begin with `/`, not `" .. root .. "`")
        end
    end
    local key = os.getenv("OOMPARSE_KEY")
    if key and lib.oomparse_options_add_text_key(options[0], key, #key) ~= OK then
        error("OOMPARSE_KEY is written `log`, `a.b` or `$a['b']`, not `" .. key .. "`")
    end
    local since = os.getenv("OOMPARSE_SINCE") or "all"
    if since ~= "all" and since ~= "start" then
        error("OOMPARSE_SINCE is `all` or `start`")
    end
    check(lib.oomparse_options_set_since(options[0], since == "start" and os.time() or 0))
    -- Events that come too late for their record are let go.
    check(lib.oomparse_options_set_max_events(options[0], 1))
    check(lib.oomparse_parser_new(options[0], out))
    lib.oomparse_options_free(options[0])
    return ffi.gc(out[0], lib.oomparse_parser_free)
end

local parser = make_parser()
local pods = os.getenv("OOMPARSE_PODS") and make_pods(os.getenv("OOMPARSE_PODS"))
if pods then
    check(lib.oomparse_parser_set_pods(parser, pods))
end

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
    local way = { steps }
    for _, step in written:gmatch("%[(['\"])(.-)%1%]") do
        way[#way + 1] = step
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

-- The record as the library takes it: the text alone, where nothing beside it says who wrote it, else JSON.
local function line_of(record, key, text)
    local line = text:gsub("\r?\n$", "")
    -- A text of several lines is a value, not a line of a log.
    local plain = not key_ways and not line:find("\n", 1, true)
    for other in pairs(record) do
        plain = plain and (other == key or PLAIN_KEYS[other] == true)
    end
    return plain and line or encode(record, 0)
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

-- A record's time: a number, or with `time_as_table` a table.
local function seconds(timestamp)
    return type(timestamp) == "table" and timestamp.sec or timestamp
end

function oomparse(tag, timestamp, record)
    local key, text = text_of(record)
    if type(text) ~= "string" or not lib.oomparse_parser_wants_record(parser, tag, #tag, text, #text) then
        return 0, 0, 0
    end
    local line = line_of(record, key, text)
    local result = lib.oomparse_parser_push_record(parser, tag, #tag, line, #line, seconds(timestamp), event_out)
    if result == ABSENT then
        return 0, 0, 0
    end
    check(result)
    local event = event_out[0]
    result = lib.oomparse_event_members(event, json_out)
    local members = result == OK and decode_value(ffi.string(json_out[0].data, json_out[0].len), 1)
    lib.oomparse_event_free(event)
    -- A record that has both `oom` and `oom_event` has no room.
    if not members then
        return 0, 0, 0
    end
    for name, value in pairs(members) do
        record[name] = value
    end
    return 2, timestamp, record
end
