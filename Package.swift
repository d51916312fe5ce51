// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// `luafunc --version` prints it.
let commit: [CSetting] = Context.environment["LUAFUNC_COMMIT"].map { [.define("CLUA_COMMIT", to: "\"\($0)\"")] } ?? []

/// The floors: each target imports only what is below it. There is no outside package: what is not ours comes from the
/// toolchain or from Debian's C libraries, linked statically.
let package = Package(
    name: "luafunc",
    targets: [
        .target(
            name: "CLua",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])] + commit,
            linkerSettings: [.linkedLibrary(":liblua5.4.a"), .linkedLibrary("m"), .linkedLibrary("dl")]
        ),
        .target(name: "Lua", dependencies: ["CLua"], swiftSettings: strict),
        .testTarget(name: "LuaTests", dependencies: ["CLua", "Lua"], swiftSettings: strict),
    ]
)
