import Foundation
import FunctionsModel

extension HostZone {
    /// The zone in which golden/dotnet/dates-berlin was recorded.
    static let berlin = HostZone { moment in
        TimeZone(identifier: "Europe/Berlin")?
            .secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment))) ?? 0
    }
}
