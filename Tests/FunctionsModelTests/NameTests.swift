import JSON
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct NameTests {
    @Test(arguments: ["function", "binding"])
    func `the same names are those of functions and bindings as for the host`(_ column: String) throws {
        let exceptions = ["a\n": "a name with a line break cannot be requested from the handler"]
        try Golden.compare("dotnet/names", exceptions: exceptions, key: { $0["in"]?.string ?? "" }) { row in
            let name = row["in"]?.string ?? ""
            let isFunction = Function.isName(name) && !Function.isReserved(name)
            let isTaken = column == "function" ? isFunction : Binding.isName(name)
            return isTaken == row[column]?.boolean ? nil : "\(column) is \(isTaken ? "taken" : "refused")"
        }
    }
}
