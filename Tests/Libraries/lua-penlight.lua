local List, OrderedMap = require "pl.List", require "pl.OrderedMap"
local pretty, stringx, tablex = require "pl.pretty", require "pl.stringx", require "pl.tablex"
local class, data, func, lapp = require "pl.class", require "pl.data", require "pl.func", require "pl.lapp"
for _, name in ipairs { "Date", "Map", "MultiMap", "Set", "array2d", "compat", "comprehension", "config", "import_into",
                        "input", "lexer", "luabalanced", "operator", "permute", "seq", "sip", "strict", "stringio",
                        "template", "text", "types", "url", "utils", "xml" } do
  require("pl." .. name)
end

return function()
  assert(List { 3, 1, 2 }:sort():map("*", 10):concat "," == "10,20,30", "List")
  local map = OrderedMap()
  map:set("z", 1) map:set("a", 2)
  assert(tostring(map) == "{z=1,a=2}", tostring(map))
  assert(stringx.split("a,b", ","):len() == 2 and stringx.strip "  x " == "x", "stringx")
  assert(tablex.deepcompare({ 1, { 2 } }, { 1, { 2 } }), "tablex")
  assert(pretty.read "{ 1, a = { true } }".a[1] == true and pretty.write({ 1 }, "") == "{1}", "pretty")
  assert(("x"):rep(2) == "xx", "the methods of strings")
  local Animal = class { _init = function(self, name) self.name = name end }
  local Cat = class { _base = Animal, speak = function(self) return self.name .. " says meow" end }
  assert(Cat "Tom":speak() == "Tom says meow", "class")
  local template = require "pl.template"
  assert(template.substitute("# for i = 1, 2 do\n$(i)\n# end\n", {}) == "1\n2\n", "template")
  local rows = data.read(require "pl.stringio".open "x,y\n1,2\n3,4\n")
  assert(rows:column_by_name "y":reduce "+" == 6, "data")
  assert(func.I(func._1 + 10)(5) == 15, "func")
  assert(lapp("a tool\n  -n (default 3) how many\n", { "-n", "4" }).n == 4, "lapp")
  assert(require "pl.comprehension".new() "x ^ 2 for x" { 1, 2, 3 }[3] == 9, "comprehension")
  assert(require "pl.xml".parse "<a b='1'><c/></a>":child_with_name "c", "xml")
  -- These modules need LuaFileSystem, which is a C module, also in stock Lua.
  for _, name in ipairs { "app", "dir", "file", "path", "test" } do
    local ok, message = pcall(require, "pl." .. name)
    assert(not ok and message:find("requires LuaFileSystem", 1, true), message)
  end
  local _, message = pcall(require, "lfs")
  assert(message:find "module 'lfs' not found; it is a C module, which luafunc does not load", message)
  -- 'pl' itself makes its modules available as globals.
  require "pl"
  assert(utils.split("a b", " ")[2] == "b", "a global module")
  return "ok"
end
