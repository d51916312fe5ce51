import Testing

@testable import Toolbox

struct FunctionTemplateTests {
    @Test(arguments: [
        ("order", "order"), ("OrderCreated", "ordercreated"), ("My_Queue--x_", "my-queue-x"), ("a", "a-items"),
        ("a_", "a-items"), ("\u{212a}elvin", "kelvin"),
        (String(repeating: "a", count: 44) + "_b", String(repeating: "a", count: 44)),
    ])
    func `a queue's name follows from the function's name`(_ name: String, expected: String) {
        #expect(FunctionTemplate.resource(of: name) == expected)
    }

    @Test func `names that look like the words in a template stay as they are`() {
        for name in ["NAME", "RESOURCE"] {
            let files = FunctionTemplate.table.files(of: name, in: "functions/\(name)", routePrefix: "")
            #expect(files.map(\.path).last == "functions/\(name)/\(name)_test.lua")
            #expect(files[0].text.contains(#""route": "\#(name)/{id}""#))
            #expect(files[1].text.hasPrefix("-- GET /\(name)/7 shows"))
            #expect(files[2].text.contains("invoke(\"\(name)\""))
            #expect(
                FunctionTemplate.queue.files(of: name, in: "f", routePrefix: "")[0].text.contains(
                    #""queueName": "\#(name.lowercased())""#))
        }
    }

    @Test func `all templates together are small`() {
        let size = FunctionTemplate.allCases.flatMap { $0.files(of: "name", in: "name", routePrefix: "api") }
            .reduce(0) { $0 + $1.text.utf8.count }
        #expect(size < 20_000)
    }
}
