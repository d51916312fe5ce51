import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// The JSON Schema Test Suite.
@Suite struct SchemaSuiteTests {
    @Test func `values are judged as the official tests say`() throws {
        let vm = try SchemaVM()
        let remotes = try Golden.rows("schema/remotes").map(\.text).joined(separator: ",")
        var tally = GoldenTally("schema/draft2020-12", exceptions: Self.exceptions)
        for row in try Golden.rows("schema/draft2020-12") {
            let file = try #require(row["file"]?.string)
            let group = try #require(row["description"]?.string)
            let tests = try #require(row["tests"]?.elements)
            let answers = try vm.run(Self.script, row.text, "[\(remotes)]").split(separator: "\n")
            for (index, test) in tests.enumerated() {
                let answer = answers.count == tests.count ? String(answers[index]) : answers.joined(separator: "\n")
                let wanted = test["valid"]?.boolean == true ? "true" : "false"
                tally.count(
                    "\(file): \(group): \(test["description"]?.string ?? "")",
                    difference: answer.hasPrefix(wanted) ? nil : "expected \(wanted), got \(answer)")
            }
        }
        tally.report()
    }

    /// Checks the values of a group. Documents that its schema refers to are put into its `$defs`, because luafunc
    /// fetches nothing.
    private static let script = """
        local row, remotes = ...
        local group = json.decode(row)
        local function read(root) return schema.output({ outputSchema = json.encode(root) }, "schema").check end
        local ok, check = pcall(read, group.schema)
        if not ok and check:find "another document" then
            local whole = group.schema
            whole["$defs"] = whole["$defs"] or json.object()
            for _, remote in ipairs(json.decode(remotes)) do
                if type(remote.schema) == "table" then
                    remote.schema["$id"] = remote.schema["$id"] or remote.uri
                    whole["$defs"][remote.uri] = remote.schema
                end
            end
            ok, check = pcall(read, whole)
        end
        local answers = {}
        for index, test in ipairs(group.tests) do
            if ok then
                local isValid, mistakes = check(test.data)
                answers[index] = tostring(isValid == true) .. " " .. (mistakes or ""):gsub("\\n", " ")
            else
                answers[index] = tostring(check):gsub("\\n", " ")
            end
        end
        return table.concat(answers, "\\n")
        """

    private static let exceptions: [String: String] = {
        let groups: [(String, String, [String])] = [
            (
                "no schema of schemas is built in", "defs.json: validate definition against metaschema",
                ["valid definition schema", "invalid definition schema"]
            ),
            (
                "no schema of schemas is built in", "ref.json: remote ref, containing refs itself",
                ["remote ref valid", "remote ref invalid"]
            ),
            (
                "no schema of schemas is built in",
                #"optional/ecmascript-regex.json: \a is not an ECMA 262 control escape"#, ["when used as a pattern"]
            ),
            (
                "a document in $defs has one identifier", "refRemote.json: remote HTTP ref with different $id",
                ["number is invalid", "string is valid"]
            ),
            (
                "a document in $defs has one identifier", "refRemote.json: remote HTTP ref with different URN $id",
                ["number is invalid", "string is valid"]
            ),
            (
                "an unknown dialect is refused",
                "vocabulary.json: schema that uses custom metaschema with with no validation vocabulary",
                [
                    "applicator vocabulary still works", "no validation: valid number",
                    "no validation: invalid number, but it still validates",
                ]
            ),
            (
                "an unknown dialect is refused", "vocabulary.json: ignore unrecognized optional vocabulary",
                ["string value", "number value"]
            ),
            (
                "a script's empty table is an array where the schema wants one", "type.json: array type matches arrays",
                ["an object is not an array"]
            ),
        ]
        var reasons: [String: String] = [:]
        for (reason, group, tests) in groups {
            for test in tests { reasons["\(group): \(test)"] = reason }
        }
        return reasons
    }()
}
