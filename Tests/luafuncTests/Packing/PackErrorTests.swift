import Testing

@testable import luafunc

@Suite struct PackErrorTests {
    @Test(arguments: [
        (
            PackError.noFunctions(root: "app"),
            "app has no function to pack; a function is a folder with a function.json, in functions/ or in the app itself, that neither .funcignore nor .gitignore leaves out"
        ),
        (
            .takenName(function: "functions/lib"),
            "functions/lib: a deployed app has its function folders beside host.json, the runtime 'luafunc', 'lib' and 'lua_modules', so no function may have one of these names or be named 'functions'; rename it"
        ),
        (
            .takenFolder("order", by: "functions/order"),
            "order/: in the deployed app, which has its function folders beside host.json, this place belongs to functions/order; rename the folder, or leave it out with .funcignore"
        ),
        (.badHost("must contain an object, not an array"), "host.json: must contain an object, not an array"),
        (.unreadable("a"), "a cannot be read; check that it is there and its permissions"),
        (.unwritable("a", reason: "Is a directory"), "a cannot be written: Is a directory"),
        (
            .tooLargeForZip,
            "the app is too large for a zip file, which holds 4 GB and 65,534 files; leave files out with .funcignore"
        ),
        (.noExecutable("a"), "a is not an executable for 64-bit Linux; name a build of luafunc"),
        (
            .damaged("a"),
            "a is damaged: it was cut off or changed, or another version of luafunc packed it; copy it again from where it came from, or pack the app again"
        ),
        (
            .outputHoldsApp("out"),
            "out holds the app itself and would be replaced; name another folder with --output"
        ),
        (
            .foreign("README.md", output: "out"),
            "out holds 'README.md', which 'luafunc pack' did not write, so it is not replaced; empty the folder or name another one with --output"
        ),
    ])
    func `an error says what is wrong and how to fix it`(error: PackError, sentence: String) {
        #expect("\(error)" == sentence)
    }
}
