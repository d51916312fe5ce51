import HTTP

/// The page at `/`. It shows that the host runs, and which functions can be called.
struct LandingPage {
    let listing: HostListing

    var response: HTTPResponse { HTTPResponse(status: 200, contentType: "text/html; charset=utf-8", text: text) }

    private var text: String {
        let rows = listing.functions.map { entry in
            let address = HTMLText.escaped(entry.address)
            let isLink =
                entry.isHTTP && (entry.methods.isEmpty || entry.methods.contains("GET"))
            let problem = entry.problem.map { "<div class=\"problem\">\(HTMLText.escaped($0))</div>" } ?? ""
            let how = isLink && !address.contains("{") ? "<a href=\"\(address)\">\(address)</a>" : address
            return """
                <tr><td>\(HTMLText.escaped(entry.name))</td><td>\(HTMLText.escaped(entry.trigger))</td>\
                <td>\(entry.methods.joined(separator: ", "))</td><td>\(how)\(problem)</td></tr>
                """
        }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Your Functions app runs</title>
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
            body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
            .problem { color: light-dark(#b00020, #ff7b72) }
            td { padding: .1rem 1.5rem .1rem 0; vertical-align: top }
            </style>
            </head>
            <body>
            <h1>Your Functions app runs</h1>
            <p>\(HTMLText.escaped(listing.root))</p>
            <table>
            \(rows.joined(separator: "\n"))
            </table>
            </body>
            </html>

            """
    }
}
