import FunctionsModel
import HTTP
import HTTP1

/// The page that a browser shows during development when a function failed. It contains the reason, the position in the
/// source, and the request.
struct ErrorPage {
    let failure: InvocationFailure
    let invocation: Invocation
    let files: AppFiles

    private var request: HTTPRequest { invocation.request }

    var text: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>\(HTMLText.escaped(invocation.function.name)) failed</title>
        <style>
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
        body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
        h1 { font-size: 1.1rem } h2 { font-size: 1rem; margin-top: 2rem }
        pre { padding: 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: .4rem }
        mark { display: inline-block; min-width: 100% }
        td { padding: .1rem 1rem .1rem 0; vertical-align: top; overflow-wrap: anywhere }
        </style>
        </head>
        <body>
        <h1>Function \(HTMLText.escaped(invocation.function.name)) failed</h1>
        <pre>\(HTMLText.escaped(failure.message))</pre>
        \(excerpt)
        \(list("Stack traceback", failure.traceback))
        \(list("Logs", failure.logs))
        <h2>Request</h2>
        <table>\(rows)</table>
        <p>This page is shown because AZURE_FUNCTIONS_ENVIRONMENT is Development.</p>
        </body>
        </html>

        """
    }

    private var excerpt: String {
        guard let excerpt = SourceExcerpt(failure.traceback + [failure.message], files: files) else { return "" }
        let source = excerpt.lines.map { line in
            let text = line.label + "  " + HTMLText.escaped(line.text)
            return line.isMeant ? "<mark>\(text)</mark>" : text
        }
        return
            "<h2>\(HTMLText.escaped("\(excerpt.file):\(excerpt.number)"))</h2>\n<pre>\(source.joined(separator: "\n"))</pre>"
    }

    // MARK: Request

    private static let secrets = ["authorization", "proxy-authorization", "cookie", HostHeader.functionsKey]

    private func isSecret(_ header: String) -> Bool {
        Self.secrets.contains(header) || header.hasPrefix("x-ms-")
            || ["key", "token", "secret"].contains { header.contains($0) }
    }

    private var rows: String {
        let query = request.query.map { query in
            // A function key in the query is a secret too.
            "?"
                + query.split(separator: "&").map { $0.lowercased().hasPrefix("code=") ? "code=(not shown)" : $0 }
                .joined(separator: "&")
        }
        let target = request.path + (query ?? "")
        let fields: [(String, String)] =
            [(request.method.text, target), ("invocation", invocation.id)]
            + request.fields.map { header in
                (header.name, isSecret(header.name.lowercased()) ? "(not shown)" : header.value)
            }
        return fields.map { "<tr><td>\(HTMLText.escaped($0.0))</td><td>\(HTMLText.escaped($0.1))</td></tr>" }.joined(
            separator: "\n")
    }

    // MARK: Text

    private func list(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "<h2>\(title)</h2>\n<pre>\(HTMLText.escaped(lines.joined(separator: "\n")))</pre>"
    }
}
