local basexx = require "basexx"

return function()
  assert(basexx.to_base64 "Hello" == "SGVsbG8=" and basexx.from_base64 "SGVsbG8=" == "Hello", "base64")
  assert(basexx.to_hex "\1\255" == "01FF" and basexx.to_base32 "hi" == "NBUQ====", "base32")
  assert(basexx.from_z85(basexx.to_z85 "12345678") == "12345678", "z85")
  return "ok"
end
