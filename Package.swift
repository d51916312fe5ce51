// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Defines the commit that `luafunc --version` prints.
let commit: [CSetting] = Context.environment["LUAFUNC_COMMIT"].map { [.define("CLUA_COMMIT", to: "\"\($0)\"")] } ?? []

/// The linker needs libcrypto after libssl. SwiftPM passes each library once, where the first target names it, so every
/// target that needs one of them names both.
let openSSL = [":libssl.a", ":libcrypto.a"]

/// For floors that no invocation passes in production: a small program matters more than their speed.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

func floor(
    _ name: String, _ dependencies: [Target.Dependency], libraries: [String] = [], resources: [Resource] = [],
    settings: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: strict + settings,
        linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// The top floor, which is the program.
func program(floor name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict + small)
}

func tests(
    of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], libraries: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies, exclude: exclude,
        swiftSettings: strict, linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// The floors: each target imports only targets below it. There is no external package: everything else comes from the
/// toolchain or from Debian's C libraries, linked statically.
let package = Package(
    name: "luafunc",
    targets: [
        .systemLibrary(name: "CUV", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CFiles"),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CPCRE2", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CHTTPParser", providers: [.apt(["libhttp-parser-dev"])]),
        .target(
            name: "CLua",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])] + commit,
            linkerSettings: [
                .linkedLibrary(":liblua5.4.a"), .linkedLibrary("m"), .linkedLibrary("dl"),
                // Sources/CLua/calls.c and preempt.c explain why they replace these functions.
                .unsafeFlags(["-Xlinker", "--wrap=luaT_gettmbyobj", "-Xlinker", "--wrap=strcoll"]),
            ]
        ),
        floor("EventLoop", ["CUV", "COpenSSL"], libraries: [":libuv_a.a"] + openSSL),
        floor("HTTP1", []),
        floor("JSON", []),
        floor("Crypto", ["COpenSSL"], libraries: openSSL),
        floor("Compression", ["CZlib"], libraries: [":libz.a"]),
        floor("Patterns", ["CPCRE2"], libraries: [":libpcre2-8.a"]),
        floor("Files", ["CFiles"]),
        floor("Log", []),
        floor("HTTP", ["Compression", "EventLoop", "HTTP1"]),
        floor("Lua", ["CLua", "JSON"]),
        floor("FunctionsModel", ["Files", "JSON", "Log", "Patterns"]),
        floor("MCP", ["Crypto", "JSON"]),
        floor(
            "CustomHandler",
            [
                "Crypto", "EventLoop", "Files", "FunctionsModel", "HTTP", "HTTP1", "JSON", "Log", "Lua", "MCP",
                "Patterns",
            ],
            // As in Toolbox, no two files may have the same name.
            resources: [.embedInCode("MCP/Chunks")]),
        floor(
            "DevHost", ["Crypto", "EventLoop", "Files", "FunctionsModel", "HTTP", "HTTP1", "JSON", "Log", "MCP"],
            settings: small),
        floor(
            "Toolbox",
            [
                "CustomHandler", "DevHost", "EventLoop", "Files", "FunctionsModel", "HTTP", "HTTP1", "JSON", "Log",
                "Lua", "MCP",
            ],
            // The compiler makes a variable of each file: Templates/Functions/http/http_test.lua becomes
            // PackageResources.http_test_lua. So no two files may have the same name.
            resources: [
                .embedInCode("Templates/App"), .embedInCode("Templates/Functions"), .embedInCode("Types/Library"),
            ],
            settings: small),
        program(
            floor: "luafunc",
            [
                "Compression", "Crypto", "CustomHandler", "DevHost", "EventLoop", "Files", "FunctionsModel", "HTTP",
                "HTTP1",
                "JSON", "Log", "Lua", "Toolbox",
            ]),
        .systemLibrary(name: "CYAML", path: "Tests/CYAML", providers: [.apt(["libyaml-dev"])]),
        .target(
            name: "TestSupport", dependencies: ["JSON"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .target(
            name: "TestHost", dependencies: ["DevHost", "FunctionsModel", "JSON", "TestSupport"],
            path: "Tests/TestHost",
            swiftSettings: strict),
        .executableTarget(
            name: "floor", dependencies: ["EventLoop", "HTTP"], path: "Benchmarks/floor", exclude: ["count.py"],
            swiftSettings: strict),
        .testTarget(name: "FloorTests", swiftSettings: strict),
        .target(name: "LoopTesting", dependencies: ["EventLoop"], path: "Tests/LoopTesting", swiftSettings: strict),
        .target(
            name: "TLSTesting", dependencies: ["COpenSSL", "EventLoop"], path: "Tests/TLSTesting", swiftSettings: strict
        ),
        tests(of: "EventLoop", ["COpenSSL", "Files", "LoopTesting", "TestSupport", "TLSTesting"]),
        tests(of: "HTTP1", ["CHTTPParser", "TestSupport"], libraries: [":libhttp_parser.a"]),
        tests(of: "JSON", ["TestSupport"]),
        tests(of: "FunctionsModel", ["Files", "JSON", "TestSupport"]),
        tests(of: "MCP", ["JSON", "TestSupport"]),
        tests(of: "Crypto", ["TestSupport"]),
        tests(of: "Compression"),
        tests(of: "Patterns"),
        tests(of: "Files", ["TestSupport"]),
        tests(of: "Log"),
        tests(of: "HTTP", ["Compression", "EventLoop", "HTTP1", "LoopTesting", "TestSupport", "TLSTesting"]),
        tests(of: "Lua", ["CLua", "JSON", "TestSupport"]),
        tests(
            of: "CustomHandler",
            [
                "EventLoop", "FunctionsModel", "HTTP", "HTTP1", "JSON", "Log", "LoopTesting", "Lua", "TestHost",
                "TestSupport",
                "TLSTesting",
            ]),
        tests(
            of: "DevHost", ["EventLoop", "FunctionsModel", "HTTP", "HTTP1", "JSON", "LoopTesting", "TestSupport"]),
        tests(
            of: "Toolbox",
            [
                "CustomHandler", "DevHost", "EventLoop", "FunctionsModel", "HTTP1", "JSON", "Log", "LoopTesting", "Lua",
                "TestSupport",
            ]),
        tests(
            of: "luafunc", ["Compression", "CYAML", "Files", "FunctionsModel", "JSON", "TestHost", "TestSupport"],
            exclude: ["Snapshots"]),
    ]
)
