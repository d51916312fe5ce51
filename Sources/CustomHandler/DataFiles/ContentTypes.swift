/// The content types of files, by their extension.
enum ContentTypes {
    private static let text = "; charset=utf-8"

    private static let known: [Substring: String] = [
        "html": "text/html" + text, "htm": "text/html" + text, "css": "text/css" + text, "js": "text/javascript" + text,
        "mjs": "text/javascript" + text, "json": "application/json" + text, "map": "application/json" + text,
        "webmanifest": "application/manifest+json" + text, "txt": "text/plain" + text, "md": "text/markdown" + text,
        "csv": "text/csv" + text, "xml": "application/xml" + text, "yaml": "application/yaml" + text,
        "yml": "application/yaml" + text, "svg": "image/svg+xml" + text, "png": "image/png", "jpg": "image/jpeg",
        "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "ico": "image/x-icon",
        "bmp": "image/bmp", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
        "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip", "wasm": "application/wasm",
        "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "m4a": "audio/mp4", "mp4": "video/mp4",
        "webm": "video/webm", "mov": "video/quicktime",
    ]

    static func type(of name: String) -> String {
        let name = name.lowercased()
        guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
        return known[name[name.index(after: dot)...]] ?? "application/octet-stream"
    }
}
