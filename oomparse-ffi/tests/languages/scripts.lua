-- Hands records to integrations/fluent-bit/oomparse.lua as Fluent Bit does.
--
--   scripts.lua OOMPARSE_LUA RECORDS_LUA
--
-- RECORDS_LUA gives a list of { tag, record }. Prints a line for each event: the record's number, and JSON.
dofile(arg[1])

local function encode(value)
    if type(value) == "string" then
        return '"' .. value:gsub('[%c"\\]', function(char) return ("\\u%04x"):format(char:byte()) end) .. '"'
    elseif type(value) ~= "table" then
        return type(value) == "number" and ("%.0f"):format(value) or tostring(value)
    end
    local parts = {}
    for key, inner in pairs(value) do
        parts[#parts + 1] = encode(tostring(key)) .. ":" .. encode(inner)
    end
    return "{" .. table.concat(parts, ",") .. "}"
end

for at, pair in ipairs(dofile(arg[2])) do
    local before = {}
    for key, value in pairs(pair.record) do
        before[key] = value
    end
    local code, _, new = oomparse(pair.tag, at, pair.record)
    assert(code == 0 or code == 2, code)
    if code == 2 then
        for key, value in pairs(before) do
            assert(new[key] == value, key)
        end
        local event = new.oom
        local others = event.others or {}
        event.others = nil
        print(at - 1 .. "\t" .. encode(event))
        for _, other in ipairs(others) do
            print(at - 1 .. "\t" .. encode(other))
        end
    end
end
