/// The version of the host that this code imitates (host-contract, base version).
enum HostVersion {
    static let text = "4.1037.0.0"
    static let details = "4.1037.0"
    static let userAgent = "Azure-Functions-Host/\(text)"
}
