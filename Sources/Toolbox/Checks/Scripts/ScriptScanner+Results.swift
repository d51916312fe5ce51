import CustomHandler
import Lua

extension ScriptScanner {
    /// Notes the functions and the tables that a function returns.
    mutating func scanReturn(_ value: Value) {
        let index = index
        switch value {
        case .closure(let inner): change { $0.functions[index].functions.append((nil, inner)) }
        case .table(let table):
            for field in tables[table].fields {
                if case .closure(let inner) = field.value {
                    change { $0.functions[index].functions.append((field.name, inner)) }
                }
            }
            guard !tables[table].isOpen else { return }
            let returned = returned(table, depth: 0)
            change { $0.functions[index].tables.append(returned) }
        default: break
        }
    }

    private func returned(_ table: Int, depth: Int) -> ReturnedTable {
        let fields = tables[table].fields.map { field -> ReturnedTable.Field in
            var inner: ReturnedTable?
            if case .table(let table) = field.value, depth < 3, !tables[table].isOpen, !tables[table].isLoose {
                inner = returned(table, depth: depth + 1)
            }
            return ReturnedTable.Field(name: field.name, line: field.line, table: inner)
        }
        return ReturnedTable(line: tables[table].line, fields: fields, isWhole: !tables[table].isLoose)
    }
}
