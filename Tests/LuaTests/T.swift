import Testing
@testable import Lua
@Test func `it works`() { #expect(version() == "4") }
