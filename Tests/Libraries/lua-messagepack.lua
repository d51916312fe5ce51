local mp = require "MessagePack"

return function()
  local packed = mp.pack { 1, -7, 2.5, "text", { a = true }, 1 << 40 }
  assert(packed:byte(1) == 0x96, "an array of six")
  local value = mp.unpack(packed)
  assert(value[2] == -7 and value[3] == 2.5 and value[5].a == true and value[6] == 1 << 40, "unpack")
  assert(not pcall(mp.unpack, "\x92\x01"), "an end too early")
  return "ok"
end
