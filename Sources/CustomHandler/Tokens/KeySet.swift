import EventLoop
import HTTP1
import JSON

/// What is known about the keys at one URL. It decides when they are fetched; `KeySets` does it.
struct KeySet {
    /// How long the keys are used before they are fetched again. The issuer's `max-age` counts within these bounds.
    static let leastAge = Duration.seconds(300)
    static let usualAge = Duration.seconds(3600)
    static let mostAge = Duration.seconds(86_400)
    /// How long keys are still used if they cannot be fetched again.
    static let grace = Duration.seconds(86_400)
    /// The least time between two attempts, so that tokens with invented key ids cannot burden the issuer. It is shorter
    /// as long as there are no keys at all.
    static let pause = Duration.seconds(60)
    static let firstPause = Duration.seconds(10)

    private var keys: [VerificationKey] = []
    private var freshUntil: MonotonicTime?
    private var lastTry: MonotonicTime?
    private var failure = ""

    enum Answer {
        case keys([VerificationKey])
        /// The caller must wait until the keys have been fetched, and then ask again.
        case fetch
        case failed(String)
    }

    /// - Parameter suffices: whether one of the keys is the one that a token needs.
    func answer(at now: MonotonicTime = .now, _ suffices: ([VerificationKey]) -> Bool) -> Answer {
        guard let freshUntil, now < freshUntil + Self.grace else {
            return mayTry(after: Self.firstPause, now) ? .fetch : .failed(failure)
        }
        if now < freshUntil, suffices(keys) { return .keys(keys) }
        return mayTry(after: Self.pause, now) ? .fetch : .keys(keys)
    }

    /// Whether the keys have been fetched so recently that nobody who now wants to fetch them knew about it.
    func wasJustTried(at now: MonotonicTime = .now) -> Bool { !mayTry(after: Self.firstPause, now) }

    private func mayTry(after pause: Duration, _ now: MonotonicTime) -> Bool {
        lastTry.map { now >= $0 + pause } ?? true
    }

    mutating func note(_ result: Result<(keys: [VerificationKey], age: Duration), KeySetError>, at now: MonotonicTime) {
        lastTry = now
        switch result {
        case .failure(let error): failure = error.reason
        case .success(let fetched):
            keys = fetched.keys
            freshUntil = now + min(max(fetched.age, Self.leastAge), Self.mostAge)
        }
    }

    // MARK: Responses

    static let keyLimit = 100

    /// The keys in a JWK Set (RFC 7517 §5). Keys that luafunc cannot use are left out.
    static func keys(in text: [UInt8]) throws(KeySetError) -> [VerificationKey] {
        guard let tree = try? JSONTree.parse(text.span.bytes), let elements = tree["keys"]?.elements else {
            throw KeySetError(reason: "the answer is not a JSON object with a list of keys")
        }
        return elements.prefix(keyLimit).compactMap { element in (try? JWK(element)).flatMap(VerificationKey.init) }
    }

    /// The time for which a response may be kept (RFC 9111 §5.2.2).
    static func age(_ fields: HTTPFields) -> Duration {
        let directives = (fields.first("cache-control") ?? "").lowercased().split(separator: ",").map {
            String($0.drop { $0 == " " }.prefix { $0 != " " })
        }
        if directives.contains("no-store") || directives.contains("no-cache") { return leastAge }
        let ages = directives.compactMap { $0.hasPrefix("max-age=") ? Int64($0.dropFirst(8)) : nil }
        return ages.first.map { .seconds(min(max($0, 0), 1 << 30)) } ?? usualAge
    }
}

/// The reason why keys could not be fetched.
struct KeySetError: Error {
    let reason: String
}
