import Testing

@testable import CustomHandler
@testable import Lua

@Suite struct ExpectTests {
    /// Runs a script with `expect` and `json`. Returns the message of its failure; nil if it does not fail.
    private static func failure(_ script: String) throws -> String? {
        let vm = try LuaVM(
            memoryLimit: 64 << 20,
            sandbox: Sandbox(
                write: { stack throws(LuaError) in 0 }, output: { stack throws(LuaError) in 0 },
                find: { stack throws(LuaError) in 0 }))
        let thread = vm.makeThread()
        let stack = thread.stack
        try stack.load("local expect, json = ... \(script)".utf8Span.span.bytes, name: "@x_test.lua")
        try TestPrelude.pushExpect(onto: stack)
        stack.pushTable()
        stack.pushNull()
        stack.setField("null", of: -2)
        for isArray in [true, false] {
            stack.push(function: "mark") { stack throws(LuaError) in
                stack.setCount(1)
                if isArray { stack.markArray(at: 1) } else { stack.markObject(at: 1) }
                return 1
            }
            stack.setField(isArray ? "array" : "object" as StaticString, of: -2)
        }
        switch thread.resume(arguments: 2) {
        case .finished: return nil
        case .failed: return thread.failure().message
        default: return "stopped"
        }
    }

    @Test(arguments: [
        "expect(1):equals(1.0)", "expect('a'):equals('a')", "expect(nil):equals(nil)", "expect(0/0):equals(0/0)",
        "expect({ 1, { a = 2 } }):equals { 1, { a = 2.0 } }", "expect({}):equals(json.array {})",
        "expect(json.object {}):equals {}", "expect({ json.null }):equals { json.null }",
        "expect(json.null).never:isNil()",
        "local a = {} a.a = a local b = {} b.a = b expect(a):equals(b)",
        "local a = {} a.a = a local b = { a = {} } b.a.a = b expect(a):equals(b)",
        "expect(1).never:equals('1')", "expect({}).never:equals(false)", "expect({ 1 }).never:equals { 1, 2 }",
        "expect({ 1, 2 }).never:equals { 1 }", "expect(json.array {}).never:equals(json.object {})",
        "expect(nil):isNil()", "expect(false).never:isNil()", "expect(true):isTrue()", "expect(1).never:isTrue()",
        "expect(false):isFalse()", "expect(nil).never:isFalse()", "expect(0):isTruthy()", "expect(nil):isFalsy()",
        "expect({}):is 'table'", "expect(1):is 'integer'", "expect(1.0):is 'float'", "expect(1):is 'number'",
        "expect(1.0).never:is 'integer'", "expect('a.b'):contains '.'", "expect('ab').never:contains '.'",
        "expect({ 1, 2, 3 }):contains(2)", "expect({ 1, 2, 3 }):contains { 3, 1 }", "expect({ 1 }).never:contains(2)",
        "expect({ { id = 1, n = 2 } }):contains { id = 1 }", "expect({ { 1, 2 }, { 3 } }):contains { { 3 } }",
        "expect({ a = 1, b = 2 }):contains { a = 1 }", "expect({ a = { b = 1, c = 2 } }):contains { a = { b = 1 } }",
        "expect({ a = { 1, 2 } }).never:contains { a = { 1 } }", "expect({ a = 1 }).never:contains { a = 2 }",
        "expect({ a = 1 }):contains {}", "expect(nil).never:contains {}",
        "expect('abc12'):matches '%d+$'", "expect(12).never:matches '%d'", "expect('äx'):hasLength(3)",
        "expect({ 1, 2 }):hasLength(2)", "expect({ a = 1 }):hasLength(1)", "expect({}):hasLength(0)",
        "expect(nil).never:hasLength(0)", "expect(2):isAbove(1)", "expect(1):isBelow(2)", "expect(1):isAtLeast(1)",
        "expect(1):isAtMost(1)", "expect('2').never:isAbove(1)", "expect(0.1 + 0.2):isNear(0.3, 1e-9)",
        "expect(1).never:isNear(2, 0.5)", "expect(0/0).never:isNear(0, 1)", "expect(function() error 'x' end):fails()",
        "expect(function() error 'a.b' end):fails '.b'", "expect(function() error 'a1' end):fails 'a%d'",
        "expect(function() error 'a%' end):fails 'a%'", "expect(function() end).never:fails()",
        "expect(function() error { code = 1, n = 2 } end):fails { code = 1 }",
        "local e = expect(function() error({ 7 }) end):fails() assert(e[1] == 7)",
        "expect(5):is('number'):isAbove(4).never:equals(6)", "expect(1).never.never:equals(1)",
        "local t = {} for i = 1, 20000 do t[i] = { i } end local u = {} for i = 1, 20000 do u[i] = { i } end expect(t):equals(u)",
    ])
    func `what is as expected passes`(_ script: String) throws {
        #expect(try Self.failure(script) == nil, "\(script)")
    }

    @Test(arguments: [
        ("expect(13):equals(12)", "expected 12, got 13"),
        ("expect('12'):equals(12)", #"expected 12, got "12""#),
        ("expect(nil):equals(json.null)", "expected json.null, got nil"),
        ("expect(0.1 + 0.2):equals(0.3)", "expected 0.29999999999999999, got 0.30000000000000004"),
        ("expect('abc', 'name'):equals 'abd'", #"name: expected "abd", got "abc""#),
        ("expect('a\\tb\\0'):equals 'a b'", #"expected "a b", got "a\tb\x00""#),
        ("expect('a\\u{A0}b'):equals 'a b'", #"expected "a b", got "a\u{A0}b" (U+00A0, not U+0020)"#),
        ("expect('p\\u{430}y'):equals 'pay'", "expected \"pay\", got \"p\u{430}y\" (U+0430, not U+0061)"),
        ("expect('\\xff'):equals 'x'", #"expected "x", got "\xFF" (no UTF-8, not U+0078)"#),
        (
            "expect('one\\nline too\\nx'):equals('one\\nline two\\nx')",
            """
            the texts differ at line 2, column 7:
              expected "line two\\n"
              got      "line too\\n"
                              ^
            """
        ),
        (
            "expect(('x'):rep(100) .. 'a'):equals(('x'):rep(100) .. 'b')",
            """
            the texts differ at line 1, column 101:
              expected …"\(String(repeating: "x", count: 36))b"
              got      …"\(String(repeating: "x", count: 36))a"
                       \(String(repeating: " ", count: 38))^
            """
        ),
        (
            "expect('a\\n'):equals 'a'",
            "the texts differ at line 1, column 2:\n  expected \"a\"\n  got      \"a\\n\"\n             ^"
        ),
        (
            "expect({ items = { { price = 1 }, { price = 13 } }, extra = true }):equals "
                + "{ items = { { price = 1 }, { price = 12 } }, name = 'Ada' }",
            """
            the tables differ:
              .extra: unexpected, got true
              .items[2].price: expected 12, got 13
              .name: missing, expected "Ada"
            expected { items = { { price = 1 }, { price = 12 } }, name = "Ada" }
            got      { extra = true, items = { { price = 1 }, { price = 13 } } }
            """
        ),
        (
            "expect({ [true] = 1, ['a b'] = 2 }):equals { [true] = 2, ['a b'] = 3 }",
            """
            the tables differ:
              ["a b"]: expected 3, got 2
              [true]: expected 2, got 1
            expected { ["a b"] = 3, [true] = 2 }
            got      { ["a b"] = 2, [true] = 1 }
            """
        ),
        (
            "expect({ a = 1, b = 2 }):contains { a = 2, c = 3 }",
            """
            the tables differ:
              .a: expected 2, got 1
              .c: missing, expected 3
            expected { a = 2, c = 3 }
            got      { a = 1, b = 2 }
            """
        ),
        (
            "expect(json.array {}):equals(json.object {})",
            "expected an empty JSON object, got an empty JSON array"
        ),
        ("expect({ 1 }):equals(nil)", "expected nil, got { 1 }"),
        ("expect(nil, 'a'):equals {}", "a: expected {}, got nil"),
        ("expect(12).never:equals(12)", "expected anything but 12"),
        ("expect(5):isNil()", "expected nil, got 5"),
        ("expect(nil).never:isNil()", "expected anything but nil"),
        ("expect(nil):isTruthy()", "expected a value other than nil and false, got nil"),
        ("expect('x'):is 'table'", #"expected a value of type table, got "x""#),
        ("expect(3):isAbove(3)", "expected a number above 3, got 3"),
        ("expect('x'):isNear(3, 1)", #"expected a number within 1 of 3, got "x""#),
        ("expect('ab'):contains 'c'", #"expected a text that contains "c", got "ab""#),
        ("expect({ 1, 2 }):contains(3)", "expected a list that contains 3, got { 1, 2 }"),
        ("expect({ 1, 2 }).never:contains(2)", "expected anything but a list that contains 2, got { 1, 2 }"),
        ("expect({ { id = 1 } }):contains { id = 2 }", "expected a list that contains { id = 2 }, got { { id = 1 } }"),
        ("expect('ab'):matches '%d'", #"expected a text that matches "%d", got "ab""#),
        ("expect({ 1 }):hasLength(2)", "expected the length 2, got 1: { 1 }"),
        ("expect(function() end):fails()", "expected an error, but the function returned"),
        ("expect(function() error('y', 0) end):fails 'x'", #"expected an error with "x", got "y""#),
        ("expect(function() error('y', 0) end).never:fails()", #"expected anything but an error, got "y""#),
    ])
    func `a failure says what was expected`(_ script: String, _ message: String) throws {
        let failure = try #require(try Self.failure(script))
        #expect(failure == "x_test.lua:1: " + message, "\(script)\n\(failure)")
    }

    @Test(arguments: [
        ("expect(1):toEqual(1)", "expect(value) has no 'toEqual'; write 'equals'"),
        ("expect(1):notEquals(1)", "expect(value) has no 'notEquals'; write expect(value).never:equals(…)"),
        ("expect(1):isNotNil()", "expect(value) has no 'isNotNil'; write expect(value).never:isNil(…)"),
        ("expect(1):equal(1)", "expect(value) has no 'equal'; write 'equals'"),
        ("expect(1):matchs(1)", "expect(value) has no 'matchs'; did you mean 'matches'?"),
        ("expect(1).equals(1)", "call it with a colon: expect(value):equals(…)"),
        ("expect(1).equals({})", "call it with a colon: expect(value):equals(…)"),
        ("expect(1):equals()", "'equals' needs the expected value; write isNil() for nil"),
        ("expect(1):isAbove('x')", "bad argument #1 to 'isAbove' (number expected, got string)"),
        ("expect(1):is('tabel')", "'tabel' is not a type of Lua (did you mean 'table'?)"),
        ("expect(1):isNear(1)", "'isNear' needs a tolerance: expect(value):isNear(0.3, 0.001)"),
        ("expect(1):fails()", "'fails' calls a function, not a number: expect(function() … end):fails()"),
        ("expect('1'):contains(1)", "'contains' looks for a string in a string, not for a number"),
        ("expect(1).x = 1", "expect(value).x cannot be set"),
        (
            "local a = {} for i = 1, 1000 do a = { a } end local b = {} for i = 1, 1000 do b = { b } end expect(a):equals(b)",
            "the tables are nested more than 500 levels deep; compare parts of them"
        ),
    ])
    func `misuse is explained`(_ script: String, _ message: String) throws {
        #expect(try Self.failure(script) == "x_test.lua:1: " + message, "\(script)")
    }

    @Test func `long and numerous differences are cut`() throws {
        let failure = try #require(
            try Self.failure(
                "local a, b = {}, {} for i = 1, 1000 do a[i] = ('x'):rep(i) b[i] = i end expect(a):equals(b)"))
        let lines = failure.split(separator: "\n")
        #expect(lines.count == 12)
        #expect(lines[1] == #"  [1]: expected 1, got "x""#)
        #expect(lines.last == "  …")
        let cyclic = try #require(
            try Self.failure("local a = { n = 1 } a.a = a local b = { n = 2 } b.a = b expect(a):equals(b)"))
        #expect(cyclic.contains("\n  .n: expected 2, got 1\n"))
        #expect(cyclic.utf8.count < 1000)
    }
}
